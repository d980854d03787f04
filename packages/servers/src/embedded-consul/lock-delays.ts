import type { Clock } from "@minicluster/core";

const longestMs = 60_000;

/**
 * For how long a lock is nobody's after its session ended, so that whoever held it has time to notice.
 * https://developer.hashicorp.com/consul/docs/automate/session
 */
export class LockDelays {
  readonly #clock: Clock;
  readonly #ends = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on, for a minute at most. */
  start(key: string, ms: number): void {
    if (ms > 0) this.#ends.set(key, this.#clock.monotonic() + Math.min(ms, longestMs));
  }

  /** Whether the key can't be locked yet. */
  holds(key: string): boolean {
    const end = this.#ends.get(key);
    if (end === undefined) return false;
    if (end > this.#clock.monotonic()) return true;
    this.#ends.delete(key);
    return false;
  }
}
