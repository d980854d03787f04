import type { Denials } from "./denials.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { DriverCommand, ResultCallback } from "./driver.ts";
import type { MysqlError } from "./errors.ts";
import { factsOf } from "./events.ts";
import { deniedBeforeRunning, faultName, sessionFault } from "./faults.ts";
import type { PooledConnection } from "./pooled-connection.ts";
import type { Waiter } from "./waiters.ts";

/** Sends a statement on a connection; `done` is its callback. */
export type Send = (connection: PooledConnection, done: ResultCallback) => DriverCommand;

export interface StatementOptions {
  dispatcher: Dispatcher;
  judge: (connection: PooledConnection, error: unknown) => ReturnType<Denials["judge"]>;
  send: Send;
  done: ResultCallback;
  /** Asked only when it was denied. */
  replayable: () => boolean;
}

/** A single statement: borrows a connection, sends, gives the connection back, answers. */
export class Statement implements Waiter {
  deadline = 0;
  readonly #options: StatementOptions;
  #connection: PooledConnection | undefined;
  #command: DriverCommand | undefined;
  #answered = false;
  /** The denial after which it runs once more. */
  #denial: unknown;
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
    this.#options.done(null, rows, fields);
  };

  readonly #ended = (): void => {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.release();
    if (this.#again) this.#repeat(this.#again);
  };

  #failed(error: unknown): void {
    const { judge, done, dispatcher, replayable } = this.#options;
    const connection = this.#connection;
    if (!connection) {
      done(error);
      return;
    }
    if (sessionFault(error) === "denied") {
      const verdict = judge(connection, error);
      const may = verdict !== "missing" && this.#denial === undefined && dispatcher.settings.replayDenied;
      if (may && deniedBeforeRunning(error) && replayable()) {
        this.#denial = error;
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
    const { dispatcher } = this.#options;
    this.deadline ||= dispatcher.clock.monotonic() + dispatcher.settings.acquireTimeoutMs;
    if (how === "rotate") dispatcher.park(this);
    else dispatcher.acquireFresh(this);
  }
}
