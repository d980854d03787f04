import type { Clock } from "@minicluster/core";
import { parsedDsn } from "./dsn.ts";
import { MysqlServer } from "./mysql-server.ts";

/** Every MySQL that an engine has opened, those included that nobody has answered for yet: all end with the engine. */
export class MysqlServers {
  readonly #clock: Clock;
  readonly #open = new Set<MysqlServer>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * One more, not connected yet.
   *
   * @throws VaultFailure 400 where the URL is not one
   */
  open(url: string): MysqlServer {
    const server = new MysqlServer(parsedDsn(url), this.#clock);
    if (this.#closed) server.close();
    else this.#open.add(server);
    return server;
  }

  close(server: MysqlServer): void {
    this.#open.delete(server);
    server.close();
  }

  closeAll(): void {
    this.#closed = true;
    for (const server of this.#open) this.close(server);
  }
}
