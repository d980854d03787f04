import { EventEmitter } from "node:events";
import { inspect } from "node:util";
import type { Dispatcher } from "./dispatcher.ts";
import type { Driver, DriverCommand, DriverConfig, DriverConnection, ResultCallback } from "./driver.ts";
import type { MysqlError } from "./errors.ts";
import type { Keeper } from "./keeper.ts";
import type { PooledConnection } from "./pooled-connection.ts";
import { type Send, Statement, type StatementContext } from "./statement.ts";

/** mysql2's pool with callbacks: what PromisePool and the query builders stand on. */
export class CallbackPool extends EventEmitter {
  /** As on mysql2's pool, but for address and account, which change. */
  readonly config: { connectionConfig: DriverConfig; connectionLimit: number; queueLimit: number };
  readonly #dispatcher: Dispatcher;
  readonly #context: StatementContext;
  readonly #driver: Driver;
  readonly #close: () => Promise<void>;
  readonly #promise: (pool: CallbackPool) => object;

  constructor(options: {
    dispatcher: Dispatcher;
    keeper: Keeper;
    close: () => Promise<void>;
    promise: (pool: CallbackPool) => object;
  }) {
    super();
    const { settings } = options.dispatcher;
    this.#dispatcher = options.dispatcher;
    this.#close = options.close;
    this.#promise = options.promise;
    this.#driver = settings.driver;
    this.config = {
      connectionConfig: new settings.driver.ConnectionConfig({ ...settings.connection }),
      connectionLimit: settings.connectionLimit,
      queueLimit: settings.queueLimit,
    };
    this.#context = {
      dispatcher: options.dispatcher,
      keeper: options.keeper,
      multipleStatements: this.config.connectionConfig.multipleStatements === true,
    };
    options.dispatcher.face = {
      connection: (connection) => this.emit("connection", connection),
      acquire: (connection) => this.emit("acquire", connection),
      release: (connection) => this.emit("release", connection),
      enqueue: () => this.emit("enqueue"),
    };
  }

  /** mysql2's word for it. */
  get _closed(): boolean {
    return this.#dispatcher.closing;
  }

  getConnection(callback: (error: MysqlError | null, connection?: DriverConnection) => void): void {
    this.#dispatcher.acquire({
      deadline: 0,
      run: (connection) => {
        process.nextTick(handOver, connection, callback);
      },
      fail: (error) => process.nextTick(callback, error),
    });
  }

  releaseConnection(connection: DriverConnection): void {
    connection.release?.();
  }

  /** With a callback, or without one for its events (`result`, `fields`, `error`, `end`) and `stream()`. */
  query(sql: unknown, values?: unknown, callback?: ResultCallback): DriverCommand {
    const command = this.#command(sql, values, callback);
    const done = command.onResult;
    if (!done) {
      this.#dispatcher.acquire(new Evented(command));
      return command;
    }
    let used = false;
    const send: Send = ({ raw }, result) => {
      const attempt = used ? this.#command(sql, values, callback) : command;
      used = true;
      attempt.onResult = result;
      return raw.query(attempt);
    };
    this.#dispatcher.acquire(new Statement({ context: this.#context, send, done, sql }));
    return command;
  }

  execute(sql: unknown, values?: unknown, callback?: ResultCallback): void {
    const done = (typeof values === "function" ? values : callback) as ResultCallback;
    const bound = typeof values === "function" ? [] : values;
    const send: Send = ({ raw }, result) => raw.execute(sql, bound, result);
    this.#dispatcher.acquire(new Statement({ context: this.#context, send, done, sql }));
  }

  /** Any number of calls. */
  end(callback?: (error: unknown) => void): void {
    this.#close().then(
      () => callback?.(null),
      (error) => callback?.(error),
    );
  }

  promise(): object {
    return this.#promise(this);
  }

  format(sql: string, values?: unknown): string {
    const { stringifyObjects, timezone } = this.config.connectionConfig;
    return this.#driver.format(sql, values, stringifyObjects, timezone);
  }

  escape(value: unknown): string {
    const { stringifyObjects, timezone } = this.config.connectionConfig;
    return this.#driver.escape(value, stringifyObjects, timezone);
  }

  escapeId(value: unknown): string {
    return this.#driver.escapeId(value, false);
  }

  [Symbol.dispose](): void {
    this.end();
  }

  static {
    Object.defineProperty(CallbackPool.prototype, inspect.custom, { value: () => "CallbackPool {}" });
  }

  #command(sql: unknown, values: unknown, callback: unknown): DriverCommand {
    const config = this.config.connectionConfig;
    const command = this.#driver.createQuery(sql, values, callback, config);
    if (command.namedPlaceholders === undefined) command.namedPlaceholders = config.namedPlaceholders;
    return command;
  }
}

function handOver(connection: PooledConnection, callback: (error: null, connection: DriverConnection) => void): void {
  connection.held = true;
  callback(null, connection.raw);
}

/** A statement whose answer is events: never run again, as rows may have been handed out. */
class Evented {
  deadline = 0;
  readonly #command: DriverCommand;

  constructor(command: DriverCommand) {
    this.#command = command;
  }

  run(connection: PooledConnection): void {
    try {
      connection.raw.query(this.#command).once("end", () => connection.release());
    } catch (error) {
      connection.release();
      process.nextTick(() => this.#command.emit("error", error));
    }
  }

  fail(error: MysqlError): void {
    process.nextTick(() => this.#command.emit("error", error));
  }
}
