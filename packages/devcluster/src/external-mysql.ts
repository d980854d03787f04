import { type MysqlAdmin, Operator } from "@minicluster/admin";
import { type Clock, Emitter, Secret, withDeadline } from "@minicluster/core";
import type { Mariadb, Row, ServerEvents } from "@minicluster/servers";
import { type Connection, createConnection } from "mysql2/promise";
import { DevClusterError, invalidOption } from "./errors.ts";

const adminMs = 10_000;

/** A MySQL that runs somewhere else, under the handle of one of ours; what would end or freeze it is refused. */
export class ExternalMysql implements Mariadb {
  readonly name = "mysql";
  readonly pid: undefined;
  readonly running = true;
  readonly paused = false;
  readonly log = "";
  readonly events: Emitter<ServerEvents> = new Emitter("servers");
  readonly host: string;
  readonly port: number;
  readonly rootUser: string;
  readonly rootPassword: Secret;
  readonly #clock: Clock;
  #version = "";

  private constructor(admin: MysqlAdmin, clock: Clock) {
    this.host = admin.host;
    this.port = admin.port ?? 3306;
    this.rootUser = admin.adminUser;
    this.rootPassword = admin.adminPassword;
    this.#clock = clock;
  }

  /**
   * Logs in once, to see that it can be done.
   *
   * @throws DevClusterError `DEVCLUSTER_INVALID_OPTION` for the URL, `DEVCLUSTER_MYSQL_AWAY`
   */
  static async connect(url: string | Secret, clock: Clock): Promise<ExternalMysql> {
    const mysql = new ExternalMysql(await mysqlAdmin(url), clock);
    try {
      const [row] = await mysql.admin("SELECT VERSION() AS version");
      mysql.#version = String(row?.["version"]);
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: unknown };
      const why = `${mysql.rootUser} can't log in: ${code ?? message}`;
      throw new DevClusterError("DEVCLUSTER_MYSQL_AWAY", `mysql.url: ${mysql.host}:${mysql.port}: ${why}`, error);
    }
    return mysql;
  }

  /** What it says of itself: `10.11.6-MariaDB`. */
  get version(): string {
    return this.#version;
  }

  admin(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return withDeadline({ clock: this.#clock, ms: adminMs, phase: "MySQL" }, async (signal) => {
      const connection = await this.#connect();
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

  stop(): Promise<void> {
    return this.#notOurs("stop");
  }

  kill(): Promise<void> {
    return this.#notOurs("kill");
  }

  restart(): Promise<void> {
    return this.#notOurs("restart");
  }

  pause(): Promise<void> {
    return this.#notOurs("pause");
  }

  resume(): Promise<void> {
    return this.#notOurs("resume");
  }

  /** It goes on without the cluster. */
  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  async #connect(): Promise<Connection> {
    const { host, port, rootUser: user } = this;
    const password = this.rootPassword.reveal();
    const connection = await createConnection({ host, port, user, password, connectTimeout: adminMs });
    // A connection that is lost fails the statement; the event beside it must not end the process.
    connection.on("error", () => {});
    return connection;
  }

  #notOurs(call: string): Promise<never> {
    const message = `mysql.${call}(): the MySQL at ${this.host}:${this.port} was given by its url and is not the cluster's to ${call}: do so where it runs, or start a cluster with a MariaDB of its own`;
    return Promise.reject(new DevClusterError("DEVCLUSTER_NOT_OURS", message));
  }
}

/** What a URL says. @throws DevClusterError `DEVCLUSTER_INVALID_OPTION`, which holds nothing of it */
export async function mysqlAdmin(url: string | Secret): Promise<MysqlAdmin> {
  const MYSQL_ADMIN_URL = Secret.of(url).reveal();
  try {
    const admin = await new Operator({ env: { MYSQL_ADMIN_URL } }).mysql();
    if (new URL(MYSQL_ADMIN_URL).pathname.length <= 1) return admin;
  } catch {
    throw invalidOption("mysql.url: write mysql://USER:PASSWORD@HOST:PORT, with special characters %-encoded");
  }
  throw invalidOption("mysql.url: it names a database, but each service gets its own: write it without a path");
}
