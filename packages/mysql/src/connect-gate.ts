import { backoffDelay, type Clock } from "@minicluster/core";

/** Between one failure and the next try, in milliseconds. Below MySQL's return within 2 s, above a storm. */
const pauses = {
  unreachable: { baseMs: 50, capMs: 500 },
  full: { baseMs: 50, capMs: 500 },
  invalid: { baseMs: 100, capMs: 1_000 },
  refused: { baseMs: 500, capMs: 5_000 },
} as const;

/**
 * How many connections may be opened at once, and when: two at first, twice as many after each that worked; after a
 * failure a single one, when its pause is over. So neither a start nor MySQL's return is a stampede.
 */
export class ConnectGate {
  readonly #clock: Clock;
  readonly #random: () => number;
  #width = 2;
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(options: { clock: Clock; random: () => number }) {
    this.#clock = options.clock;
    this.#random = options.random;
  }

  /** Connections that may be opening at the same time. */
  get width(): number {
    return this.#width;
  }

  /** The last try failed. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  /** Milliseconds until the next try; 0 or less: now. */
  get waitMs(): number {
    return this.#failures === 0 ? 0 : this.#notBefore - this.#clock.monotonic();
  }

  succeeded(): void {
    this.#width = Math.min(this.#width * 2, 1_024);
    this.#failures = 0;
  }

  failed(fault: keyof typeof pauses): void {
    this.#width = 1;
    this.#failures += 1;
    const delayMs = backoffDelay({ ...pauses[fault], attempt: this.#failures, random: this.#random() });
    this.#notBefore = this.#clock.monotonic() + delayMs;
  }
}
