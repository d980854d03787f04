import type { MysqlError } from "./errors.ts";
import type { PooledConnection } from "./pooled-connection.ts";

/** Somebody who waits for a connection. */
export interface Waiter {
  /** Monotonic milliseconds after which it fails; 0 until it has to wait. */
  deadline: number;
  /** Receives a connection, to be given back by `release()`. Must not throw. */
  run(connection: PooledConnection): void;
  /** Receives no connection. */
  fail(error: MysqlError): void;
}

/** First come, first served. */
export class Waiters {
  /** Those before the head are served, and forgotten: what a call holds is free when it is over. */
  #waiting: (Waiter | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#waiting.length - this.#head;
  }

  get first(): Waiter | undefined {
    return this.#waiting[this.#head];
  }

  push(waiter: Waiter): void {
    this.#waiting.push(waiter);
  }

  /** Puts those who waited before in front again. */
  unshift(waiters: readonly Waiter[]): void {
    this.#waiting = [...waiters, ...this.#waiting.slice(this.#head)];
    this.#head = 0;
  }

  shift(): Waiter | undefined {
    const first = this.#waiting[this.#head];
    if (!first) return undefined;
    this.#waiting[this.#head] = undefined;
    this.#head += 1;
    // The places of those who were served are dropped now and then, not at each turn.
    if (this.#head === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#head = 0;
    } else if (this.#head > 1_000 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }

  /** Everybody, and nobody waits any more. */
  drain(): Waiter[] {
    const all = this.#waiting.slice(this.#head).filter((waiter) => waiter !== undefined);
    this.#waiting = [];
    this.#head = 0;
    return all;
  }
}
