import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { ConnectionOptions } from "mysql2";
import { MysqlError } from "./errors.ts";

/** The module `mysql2`, or one that stands in for it. */
export interface MysqlDriver {
  createConnection(options: ConnectionOptions): object;
}

/** As mysql2 calls back: an error, or rows and fields. */
export type ResultCallback = (error: unknown, rows?: unknown, fields?: unknown) => void;

/** A statement on its way through mysql2. */
export interface DriverCommand extends EventEmitter {
  onResult?: ResultCallback | undefined;
  sql?: string;
  values?: unknown;
  /** Milliseconds, as the caller set it. */
  timeout?: number | undefined;
  namedPlaceholders?: unknown;
}

/** What the pool uses of a mysql2 connection. All that is not in mysql2's documentation stands here, and only here. */
export interface DriverConnection extends EventEmitter {
  /** The socket; with TLS mysql2 puts the secure one in its place. */
  stream: Socket;
  config: { password?: unknown; password1?: unknown };
  threadId: number | null;
  /** What is being answered; undefined or null when nothing is (undocumented). */
  _command?: DriverCommand | null | undefined;
  /** Every statement passes through it (undocumented); mysql2 puts another one in its place once the connection is over. */
  addCommand(command: DriverCommand): DriverCommand;
  query(command: DriverCommand): DriverCommand;
  execute(sql: unknown, values: unknown, callback: ResultCallback): DriverCommand;
  changeUser(...args: unknown[]): unknown;
  ping(callback: (error: unknown) => void): unknown;
  reset(callback: (error: unknown) => void): unknown;
  end(callback?: (error?: unknown) => void): unknown;
  destroy(): void;
  release?(): void;
  [Symbol.dispose]?(): void;
}

/** mysql2's ConnectionConfig, as far as the pool's own face needs it. */
export interface DriverConfig {
  namedPlaceholders?: unknown;
  stringifyObjects?: boolean;
  timezone?: string;
  trace?: boolean;
  multipleStatements?: boolean;
}

export interface Driver {
  createConnection(options: object): DriverConnection;
  createQuery(sql: unknown, values: unknown, callback: unknown, config: DriverConfig): DriverCommand;
  ConnectionConfig: new (options: object) => DriverConfig;
  format(sql: string, values?: unknown, stringifyObjects?: boolean, timezone?: string): string;
  escape(value: unknown, stringifyObjects?: boolean, timezone?: string): string;
  escapeId(value: unknown, forbidQualified?: boolean): string;
}

const needed = ["createConnection", "createQuery", "ConnectionConfig", "format", "escape", "escapeId"] as const;

/** @throws MysqlError `POOL_OPTION` when the module lacks something the pool needs */
export function asDriver(module: MysqlDriver): Driver {
  const driver = module as unknown as Driver;
  const missing = needed.filter((name) => typeof driver[name] !== "function");
  if (missing.length === 0) return driver;
  throw new MysqlError({
    code: "POOL_OPTION",
    message: `driver: it has no ${missing.join(", ")}; pass the module mysql2, version 3.24 or newer`,
  });
}

/** @throws MysqlError `POOL_OPTION` for a connection that deadlines could not watch over */
export function checkConnection(connection: DriverConnection): DriverConnection {
  if (typeof connection.addCommand === "function" && "_command" in connection && connection.stream) return connection;
  throw new MysqlError({
    code: "POOL_OPTION",
    message: "driver: its connections lack addCommand, _command or stream; use mysql2 3.24 or newer",
  });
}
