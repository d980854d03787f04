import type { Clock } from "./clock.ts";

/**
 * A moment by which something must have happened: the earlier of wall and monotonic time, compared when asked.
 * So neither a laptop that slept (monotonic time stood still) nor a clock set back (wall time did) makes it late.
 *
 * @example const deadline = new Deadline(clock, 5_000); deadline.remainingMs; deadline.passed
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #wall: number;
  readonly #monotonic: number;

  /** `ms` may be `Infinity`: a deadline that never passes. */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#wall = clock.now() + ms;
    this.#monotonic = clock.monotonic() + ms;
  }

  /** Milliseconds left; negative once it has passed. */
  get remainingMs(): number {
    return Math.min(this.#wall - this.#clock.now(), this.#monotonic - this.#clock.monotonic());
  }

  get passed(): boolean {
    return this.remainingMs <= 0;
  }
}
