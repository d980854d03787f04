import type { EngineContext } from "../../engine.ts";
import { parsedDsn } from "../accounts/dsn.ts";
import type { MysqlServer } from "../accounts/mysql-server.ts";
import { MysqlServers } from "../accounts/mysql-servers.ts";
import { broken, refused } from "../routing/refusals.ts";
import { type Route, route } from "../routing/route.ts";

interface Kept {
  url: string;
  maxOpen: number;
  maxIdle: number;
}

const shownLater =
  "Read access to this endpoint should be controlled via ACLs as it will return the connection URL as it is, including passwords, if any.";

/** The one MySQL of a mount. */
export class MysqlConnection {
  readonly #context: EngineContext;
  readonly #all: MysqlServers;
  #server: MysqlServer | undefined;

  constructor(context: EngineContext) {
    this.#context = context;
    this.#all = new MysqlServers(context, "");
  }

  /** @throws VaultFailure 500 where none is configured, or its URL is none */
  async server(): Promise<MysqlServer> {
    const kept = await this.#kept();
    if (!kept) throw broken("configure the DB connection with config/connection first");
    try {
      parsedDsn(kept.url);
    } catch (error) {
      throw broken((error as Error).message);
    }
    this.#server ??= this.#all.open(kept.url);
    return this.#server;
  }

  close(): void {
    this.#all.closeAll();
  }

  route(): Route {
    return route({
      path: /^config\/connection$/,
      fields: {
        connection_url: "string",
        value: "string",
        max_open_connections: "int",
        max_idle_connections: "int",
        verify_connection: "bool",
      },
      read: async () => {
        const kept = await this.#kept();
        return kept && { data: { max_open_connections: kept.maxOpen, max_idle_connections: kept.maxIdle } };
      },
      write: async ({ values }) => {
        const url = values.connection_url || values.value;
        if (!url) throw refused("the connection_url parameter must be supplied");
        if (values.verify_connection ?? true) await this.#verify(url);
        const maxOpen = values.max_open_connections || 2;
        const maxIdle = Math.min(values.max_idle_connections || maxOpen, maxOpen);
        await this.#context.storage.put("config/connection", { url, maxOpen, maxIdle } satisfies Kept);
        if (this.#server) this.#all.close(this.#server);
        this.#server = undefined;
        return { status: 200, warnings: [shownLater] };
      },
    });
  }

  #kept(): Promise<Kept | undefined> {
    return this.#context.storage.get<Kept>("config/connection");
  }

  async #verify(url: string): Promise<void> {
    const server = this.#all.open(url);
    try {
      await server.verify();
    } catch (error) {
      throw refused(`error validating connection info: ${(error as Error).message}`);
    } finally {
      this.#all.close(server);
    }
  }
}
