import type { Clock } from "@minicluster/core";

/** Moments as Vault writes them, in nanoseconds: no two of one source are equal, as on a real clock. */
export class Stamps {
  readonly #clock: Clock;
  #lastMs = 0;
  #within = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `2026-11-21T14:44:30.425000001Z` */
  now(): string {
    return this.at(this.#clock.now());
  }

  at(ms: number): string {
    const whole = Math.trunc(ms);
    this.#within = whole === this.#lastMs ? this.#within + 1 : 1;
    this.#lastMs = whole;
    return new Date(whole).toISOString().replace("Z", `${String(this.#within).padStart(6, "0")}Z`);
  }
}

/** Whether a stamp lies before a moment; an empty one does not. */
export function passed(stamp: string, nowMs: number): boolean {
  return stamp !== "" && Date.parse(stamp) <= nowMs;
}
