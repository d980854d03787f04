import { type Clock, type Secret, withDeadline } from "@minicluster/core";
import type { Connection } from "mysql2/promise";

export interface MysqlSessionOptions {
  host: string;
  port: number;
  user: string;
  password: Secret;
  /** Undefined: none. */
  database: string | undefined;
  clock: Clock;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/** What MySQL, or the way to it, said: `errno` is MySQL's error number, or undefined where it was not MySQL. */
export interface MysqlRefusal {
  errno: number | undefined;
  code: string;
}

/** One connection as the service opens it. Its errors are {@link refusalOf}'s to read. */
export class MysqlSession implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #options: MysqlSessionOptions;

  private constructor(connection: Connection, options: MysqlSessionOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  static async connect(options: MysqlSessionOptions): Promise<MysqlSession> {
    const { host, port, user, password, database, clock, timeoutMs: ms, signal } = options;
    const { createConnection } = await import("mysql2/promise");
    const settings = { host, port, user, password: password.reveal(), connectTimeout: ms };
    const late = (connection: Connection): void => connection.destroy();
    const phase = `connecting to MySQL at ${host}:${port}`;
    const connection = await withDeadline({ clock, ms, phase, signal, late }, () =>
      createConnection({ ...settings, ...(database !== undefined && { database }) }),
    );
    return new MysqlSession(connection, options);
  }

  async query(statement: string): Promise<Record<string, unknown>[]> {
    const { clock, timeoutMs: ms, signal } = this.#options;
    const [rows] = await withDeadline({ clock, ms, phase: "asking MySQL", signal }, () =>
      this.#connection.query(statement),
    );
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.destroy();
  }
}

export function refusalOf(error: unknown): MysqlRefusal {
  const { errno, code, sqlState } = (error ?? {}) as { errno?: unknown; code?: unknown; sqlState?: unknown };
  const told = typeof errno === "number" && errno >= 1_000 && typeof sqlState === "string";
  return { errno: told ? errno : undefined, code: typeof code === "string" ? code : "no answer" };
}
