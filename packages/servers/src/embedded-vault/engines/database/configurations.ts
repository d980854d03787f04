import type { EngineContext } from "../../engine.ts";
import { VaultFailure } from "../../failure.ts";
import { goValue } from "../../go-value.ts";
import type { MysqlFailure } from "../accounts/mysql-failure.ts";
import type { MysqlServer } from "../accounts/mysql-server.ts";
import { MysqlServers } from "../accounts/mysql-servers.ts";
import { filled } from "../accounts/statements.ts";
import { broken } from "../routing/refusals.ts";

/** A database as it was configured. */
export interface Configuration {
  plugin: string;
  /** Patterns of role names, `*` for any text. */
  allowedRoles: readonly string[];
  rootRotationStatements: readonly string[];
  /** Everything else that was written: `connection_url`, `username`, `password`. */
  details: Readonly<Record<string, unknown>>;
}

/** The databases of a mount, and the connections to them. */
export class Configurations {
  readonly #context: EngineContext;
  readonly #all: MysqlServers;
  readonly #servers = new Map<string, MysqlServer>();

  constructor(context: EngineContext) {
    this.#context = context;
    this.#all = new MysqlServers(context, "unable to parse connectionURL: ");
  }

  find(name: string): Promise<Configuration | undefined> {
    return this.#context.storage.get<Configuration>(`config/${name}`);
  }

  /** @throws VaultFailure 500 naming it where there is none */
  async mustFind(name: string): Promise<Configuration> {
    const found = await this.find(name);
    if (!found) throw broken(`failed to find entry for connection with name: ${JSON.stringify(name)}`);
    return found;
  }

  list(): Promise<string[]> {
    return this.#context.storage.list("config/");
  }

  /** Stores it; the next use connects anew, through `server` where one is there already. */
  async put(name: string, configuration: Configuration, server?: MysqlServer): Promise<void> {
    await this.#context.storage.put(`config/${name}`, configuration);
    this.disconnect(name);
    if (server) this.#servers.set(name, server);
  }

  async delete(name: string): Promise<void> {
    await this.#context.storage.delete(`config/${name}`);
    this.disconnect(name);
  }

  /** A configuration's server, not connected yet. */
  open({ details }: Configuration): MysqlServer {
    return this.#all.open(urlOf(details));
  }

  /** For one that is not to be used. */
  discard(server: MysqlServer): void {
    this.#all.close(server);
  }

  /**
   * The server, which has taken the account at least once.
   *
   * @throws VaultFailure 500 where there is none by that name, or it does not answer
   */
  async server(name: string): Promise<MysqlServer> {
    const configuration = await this.mustFind(name);
    const connected = this.#servers.get(name);
    if (connected) return connected;
    const server = await this.#verified(configuration);
    const meanwhile = this.#servers.get(name);
    if (meanwhile) {
      this.discard(server);
      return meanwhile;
    }
    this.#servers.set(name, server);
    return server;
  }

  disconnect(name: string): void {
    const server = this.#servers.get(name);
    if (server) this.discard(server);
    this.#servers.delete(name);
  }

  close(): void {
    this.#all.closeAll();
    this.#servers.clear();
  }

  async #verified(configuration: Configuration): Promise<MysqlServer> {
    const server = this.open(configuration);
    try {
      await server.verify();
      return server;
    } catch (error) {
      this.discard(server);
      if (error instanceof VaultFailure) throw error;
      throw broken(`error verifying connection: ${(error as MysqlFailure).message}`);
    }
  }
}

/** Whether a role may use the database; a name as it stands or with `*`. */
export function allows({ allowedRoles }: Configuration, role: string): boolean {
  return allowedRoles.some((pattern) => {
    const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`, "s").test(role);
  });
}

function urlOf(details: Configuration["details"]): string {
  const [url, user, password] = ["connection_url", "username", "password"].map((name) => goValue(details[name] ?? ""));
  return filled(url ?? "", { username: encodeURIComponent(user ?? ""), password: password ?? "" });
}
