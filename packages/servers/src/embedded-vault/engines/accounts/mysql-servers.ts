import type { EngineContext } from "../../engine.ts";
import { MysqlServer } from "./mysql-server.ts";

/** Every MySQL that an engine has opened, those included that nobody has answered for yet: all end with the engine. */
export class MysqlServers {
  readonly #options: Pick<EngineContext, "clock" | "driver"> & { unreadable: string };
  readonly #open = new Set<MysqlServer>();
  #closed = false;

  /** @param unreadable stands before what is wrong with a URL that is none */
  constructor({ clock, driver }: Pick<EngineContext, "clock" | "driver">, unreadable: string) {
    this.#options = { clock, driver, unreadable };
  }

  /** One more, not connected yet. */
  open(url: string): MysqlServer {
    const server = new MysqlServer(url, this.#options);
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
