import { randomBytes } from "node:crypto";
import type { Mariadb } from "@minicluster/servers";
import mysql, { type Connection, type RowDataPacket } from "mysql2/promise";

/** MariaDB's and MySQL's error: too many connections. */
const tooMany = 1040;

/** Another client, which takes every connection that MySQL gives and keeps it. */
export class Crowd {
  readonly #mysql: Mariadb;
  readonly #password: string;
  /** A session of root's own from before: there is one place for it beyond the limit, and no more. */
  readonly #root: Connection;
  readonly #connections: Connection[] = [];
  readonly #tried: (connections: number) => void;

  private constructor(options: {
    server: Mariadb;
    password: string;
    root: Connection;
    tried: (connections: number) => void;
  }) {
    this.#mysql = options.server;
    this.#password = options.password;
    this.#root = options.root;
    this.#tried = options.tried;
  }

  /** @param tried hears of each connection that it tries to open */
  static async come(server: Mariadb, tried: (connections: number) => void): Promise<Crowd> {
    const password = randomBytes(12).toString("base64url");
    await server.admin("CREATE USER IF NOT EXISTS crowd@'%'");
    await server.admin("SET PASSWORD FOR crowd@'%' = PASSWORD(?)", [password]);
    const { host, port, rootUser: user, rootPassword } = server;
    const root = await mysql.createConnection({ host, port, user, password: rootPassword.reveal() });
    return new Crowd({ server, password, root, tried });
  }

  /** How many it holds. */
  get size(): number {
    return this.#connections.length;
  }

  /** Takes what is free. */
  async takeAll(): Promise<void> {
    while (await this.#takeOne());
  }

  /** Takes what is free and what accounts that Vault made hold, until they hold none. */
  async takeFromServices(): Promise<void> {
    for (let held = await this.#held(); held.length > 0; held = await this.#held()) {
      for (const id of held) await this.#root.query("KILL ?", [id]).catch(gone);
      await this.takeAll();
    }
  }

  /** Gives all back. */
  leave(): void {
    for (const connection of [this.#root, ...this.#connections.splice(0)]) connection.destroy();
  }

  async #takeOne(): Promise<boolean> {
    const { host, port } = this.#mysql;
    this.#tried(1);
    try {
      const connection = await mysql.createConnection({ host, port, user: "crowd", password: this.#password });
      connection.on("error", () => {});
      this.#connections.push(connection);
      return true;
    } catch (error) {
      if ((error as { errno?: unknown }).errno === tooMany) return false;
      throw error;
    }
  }

  async #held(): Promise<unknown[]> {
    const [rows] = await this.#root.query<RowDataPacket[]>(
      "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER LIKE 'todo-%' OR USER LIKE 'v-%'",
    );
    return rows.map((row) => row["id"]);
  }
}

/** It ended by itself meanwhile (1094, no such thread). */
function gone(error: { errno?: unknown }): void {
  if (error.errno !== 1094) throw error;
}
