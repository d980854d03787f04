import { closedError, queueFull } from "./acquire-errors.ts";
import type { MysqlError } from "./errors.ts";
import type { Settings } from "./settings.ts";
import type { Counters } from "./stats.ts";
import { type Waiter, Waiters } from "./waiters.ts";

/** Everybody who waits: for a connection, or (parked) for the next generation. */
export class Queue {
  readonly waiters: Waiters = new Waiters();
  readonly #settings: Settings;
  readonly #counters: Counters;
  #parked: Waiter[] = [];
  #closed = false;

  constructor(options: { settings: Settings; counters: Counters }) {
    this.#settings = options.settings;
    this.#counters = options.counters;
  }

  get size(): number {
    return this.waiters.size + this.#parked.length;
  }

  /** False when it is full or closed; the waiter knows already. */
  push(waiter: Waiter): boolean {
    const { queueLimit } = this.#settings;
    if (!this.#admit(waiter)) return false;
    if (queueLimit > 0 && this.waiters.size >= queueLimit) {
      this.fail(waiter, queueFull(queueLimit));
      return false;
    }
    this.waiters.push(waiter);
    return true;
  }

  park(waiter: Waiter): void {
    if (this.#admit(waiter)) this.#parked.push(waiter);
  }

  /** The next generation is there: those who waited for it come first. */
  unpark(): void {
    this.waiters.unshift(this.#parked);
    this.#parked = [];
  }

  /** Everybody who waits for a connection gets none. */
  failWaiting(error: () => MysqlError): void {
    for (const waiter of this.waiters.drain()) this.fail(waiter, error());
  }

  /** Everybody who waits for the next generation gets none. */
  failParked(error: () => MysqlError): void {
    for (const waiter of this.#parked.splice(0)) this.fail(waiter, error());
  }

  /** Takes out those whose time is over (monotonic). */
  expire(now: number, timedOut: (waiter: Waiter) => void): void {
    for (let first = this.waiters.first; first && first.deadline <= now; first = this.waiters.first) {
      this.waiters.shift();
      timedOut(first);
    }
    const late = this.#parked.filter(({ deadline }) => deadline <= now);
    if (late.length === 0) return;
    this.#parked = this.#parked.filter(({ deadline }) => deadline > now);
    for (const waiter of late) timedOut(waiter);
  }

  close(): void {
    this.#closed = true;
    this.failWaiting(closedError);
    this.failParked(closedError);
  }

  fail(waiter: Waiter, error: MysqlError): void {
    this.#counters.acquiresFailed += 1;
    waiter.fail(error);
  }

  #admit(waiter: Waiter): boolean {
    if (this.#closed) this.fail(waiter, closedError());
    else waiter.deadline ||= this.#settings.clock.monotonic() + this.#settings.acquireTimeoutMs;
    return !this.#closed;
  }
}
