import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { durationMs, Secret, withDeadline } from "@minicluster/core";
import mysql from "mysql2/promise";
import { ChildServer, type ChildServerOptions } from "./child-server.ts";
import { findMariadb } from "./mariadb-binary.ts";
import { copyTemplate, mariadbBasics, mariadbTemplate } from "./mariadb-data.ts";
import { withPlace } from "./port-conflict.ts";
import type { ServerHandle } from "./server-handle.ts";
import type { StartOptions } from "./start-options.ts";

export interface StartMariadbOptions extends StartOptions {
  /**
   * A data directory that stays when the server is closed, and is gone on with when it exists; made where it doesn't.
   * One server at a time. Default: one of its own, which goes with it.
   */
  data?: string | undefined;
  /** More settings of mariadbd: `{ "max-connections": 20 }`. */
  settings?: Readonly<Record<string, string | number>> | undefined;
}

/** One row of an answer. */
export type Row = Record<string, unknown>;

export interface Mariadb extends ServerHandle {
  readonly version: string;
  readonly host: string;
  readonly port: number;
  /** May do everything, from 127.0.0.1. */
  readonly rootUser: string;
  readonly rootPassword: Secret;
  /**
   * Runs one statement as root on a connection of its own, within 10 s.
   *
   * @returns its rows; none for a statement that selects nothing
   * @throws the error of mysql2; MiniclusterError `TIMED_OUT`
   * @example await mariadb.admin("SELECT user FROM mysql.user WHERE user LIKE ?", ["v-%"]);
   */
  admin(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

const host = "127.0.0.1";
const rootUser = "root";
const adminMs = 10_000;

class MariadbServer extends ChildServer implements Mariadb {
  readonly version: string;
  readonly host: string = host;
  readonly port: number;
  readonly rootUser: string = rootUser;
  readonly rootPassword: Secret;

  constructor(options: ChildServerOptions & { version: string; port: number; rootPassword: Secret }) {
    super({ ...options, probe: () => this.#ping() });
    this.version = options.version;
    this.port = options.port;
    this.rootPassword = options.rootPassword;
  }

  admin(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return withDeadline({ clock: this.clock, ms: adminMs, phase: `MariaDB ${this.name}` }, async (signal) => {
      const connection = await this.#connect(adminMs);
      signal.addEventListener("abort", () => connection.destroy());
      try {
        const [rows] = await connection.query(sql, [...values]);
        await connection.end();
        return Array.isArray(rows) ? (rows as Row[]) : [];
      } catch (error) {
        connection.destroy();
        throw error;
      }
    });
  }

  async #ping(): Promise<void> {
    const connection = await this.#connect(2_000);
    await connection.end();
  }

  async #connect(connectTimeout: number): Promise<mysql.Connection> {
    const { port } = this;
    const password = this.rootPassword.reveal();
    const connection = await mysql.createConnection({ host, port, user: rootUser, password, connectTimeout });
    // A server that is killed meanwhile fails the statement; the event beside it must not end the process.
    connection.on("error", () => {});
    return connection;
  }
}

/**
 * A private MariaDB on 127.0.0.1: never the system's own instance, never port 3306.
 *
 * @throws ServersError `BINARY_MISSING`, `FETCH_FAILED`, `START_FAILED`, `NOT_READY`; the reason of `signal`
 * @example
 * await using mariadb = await startMariadb();
 * await mariadb.admin("CREATE DATABASE todo");
 */
export async function startMariadb(options: StartMariadbOptions = {}): Promise<Mariadb> {
  const { name = "mariadb", clock, signal } = options;
  const readyTimeoutMs = durationMs(options.readyTimeout ?? "30s", "readyTimeout");
  const stopTimeoutMs = durationMs(options.stopTimeout ?? "10s", "stopTimeout");
  const binary = await findMariadb(options);
  const template = await mariadbTemplate(binary, options);
  return await withPlace(name, async (place) => {
    const data = options.data ?? join(place.directory, "data");
    const temporary = join(place.directory, "temporary");
    await mkdir(temporary, { mode: 0o700 });
    const initFile = join(place.directory, "init.sql");
    const rootPassword = new Secret(randomBytes(16).toString("base64url"));
    const port = await place.port();
    await copyTemplate(template, data);
    await writeFile(initFile, rootAccount(rootPassword), { mode: 0o600 });
    const settings = { ...mariadbSettings, "init-file": initFile, port, ...options.settings };
    const server = new MariadbServer({
      name,
      title: `MariaDB ${binary.version}`,
      place,
      command: binary.path,
      args: [
        ...mariadbBasics(binary, { data, temporary }),
        ...Object.entries(settings).map(([setting, value]) => `--${setting}=${value}`),
      ],
      env: binary.env,
      readyTimeoutMs,
      stopTimeoutMs,
      politeClose: options.data !== undefined,
      clock,
      version: binary.version,
      port,
      rootPassword,
    });
    await server.start(signal);
    // mariadbd wants its init-file at each start, so it stays, without the password.
    await writeFile(initFile, "");
    return server;
  });
}

const mariadbSettings = {
  "bind-address": host,
  // Relative to the data directory: a socket's path is limited to 107 bytes.
  socket: "socket",
  "skip-name-resolve": "on",
  "skip-log-bin": "on",
  "performance-schema": "off",
  "innodb-buffer-pool-size": "64M",
  "innodb-flush-log-at-trx-commit": "2",
  "innodb-temp-data-file-path": "ibtmp1:2M:autoextend",
  "key-buffer-size": "1M",
  "aria-pagecache-buffer-size": "8M",
  "max-connections": "500",
  // A TCP check connects and goes away; that must not count against the host.
  "max-connect-errors": "4294967295",
  "plugin-dir": "/nonexistent",
};

/** One root, from 127.0.0.1, with a password; whoever else the data directory came with goes. */
function rootAccount(password: Secret): string {
  return [
    `CREATE OR REPLACE USER root@127.0.0.1 IDENTIFIED BY '${password.reveal()}';`,
    "GRANT ALL PRIVILEGES ON *.* TO root@127.0.0.1 WITH GRANT OPTION;",
    "DELETE FROM mysql.global_priv WHERE User = '' OR User = 'root' AND Host <> '127.0.0.1';",
    "DELETE FROM mysql.proxies_priv;",
    "FLUSH PRIVILEGES;",
    "",
  ].join("\n");
}
