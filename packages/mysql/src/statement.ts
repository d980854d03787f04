import type { Dispatcher } from "./dispatcher.ts";
import type { DriverCommand, ResultCallback } from "./driver.ts";
import type { MysqlError } from "./errors.ts";
import { factsOf } from "./events.ts";
import { deniedBeforeRunning, faultName, sessionFault } from "./faults.ts";
import type { Keeper } from "./keeper.ts";
import type { PooledConnection } from "./pooled-connection.ts";
import { replayable } from "./replay.ts";
import type { Waiter } from "./waiters.ts";

/** Sends a statement on a connection; `done` is its callback. */
export type Send = (connection: PooledConnection, done: ResultCallback) => DriverCommand;

/** What all statements of a pool share. */
export interface StatementContext {
  dispatcher: Dispatcher;
  keeper: Keeper;
  multipleStatements: boolean;
}

export interface StatementOptions {
  context: StatementContext;
  send: Send;
  done: ResultCallback;
  /** For the question whether it may run again. */
  sql: unknown;
}

/** A denied statement may meet several connections of the account that lost its rights before it gets a newer one. */
const mostTurns = 20;

/** A single statement: borrows a connection, sends, gives the connection back, answers. */
export class Statement implements Waiter {
  deadline = 0;
  readonly #options: StatementOptions;
  #connection: PooledConnection | undefined;
  #command: DriverCommand | undefined;
  #answered = false;
  /** The denial after which it runs once more. */
  #denial: unknown;
  #turns = 0;
  #again: "rotate" | "fresh" | undefined;

  constructor(options: StatementOptions) {
    this.#options = options;
  }

  run(connection: PooledConnection): void {
    this.#connection = connection;
    try {
      this.#command = this.#options.send(connection, this.#done).once("end", this.#ended);
    } catch (error) {
      connection.release();
      process.nextTick(this.#options.done, error);
    }
  }

  fail(error: MysqlError): void {
    // Who was denied wants to know that, and not that nothing better came.
    process.nextTick(this.#options.done, this.#denial ?? error);
  }

  readonly #done: ResultCallback = (error, rows, fields) => {
    if (this.#answered) return;
    if (error) return this.#failed(error);
    this.#answered = true;
    if (this.#denial !== undefined) this.#options.context.keeper.healed(this.#denial);
    this.#options.done(null, rows, fields);
  };

  readonly #ended = (): void => {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.release();
    if (this.#again) this.#repeat(this.#again);
  };

  #failed(error: unknown): void {
    const { done, sql, context } = this.#options;
    const { dispatcher, keeper } = context;
    const connection = this.#connection;
    if (!connection) {
      done(error);
      return;
    }
    if (sessionFault(error) === "denied") {
      const verdict = keeper.judge(connection, error, this.#denial !== undefined);
      const may = verdict !== "missing" && this.#turns < mostTurns && dispatcher.settings.replayDenied;
      if (may && deniedBeforeRunning(error) && replayable(sql, context.multipleStatements)) {
        this.#denial = error;
        this.#turns += 1;
        this.#again = verdict;
        dispatcher.counters.replays += 1;
        dispatcher.events.emit("statement.replayed", { ...factsOf(connection.generation), reason: faultName(error) });
        return;
      }
      this.#answered = true;
      done(error);
      return;
    }
    this.#answered = true;
    done(connection.translate(error, this.#command));
  }

  #repeat(how: "rotate" | "fresh"): void {
    this.#again = undefined;
    const { dispatcher } = this.#options.context;
    this.deadline ||= dispatcher.clock.monotonic() + dispatcher.settings.acquireTimeoutMs;
    if (how === "rotate") dispatcher.park(this);
    else dispatcher.acquireFresh(this);
  }
}
