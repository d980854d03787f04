import type { Clock } from "@minicluster/core";

/** How long new credentials may be refused before others are asked for: a replica that lags needs a while. */
const patience = { servingMs: 5_000, starvingMs: 1_000, capMs: 60_000 };

/** How patient to be with new credentials that MySQL refuses; less and less eager for others while it takes none. */
export class Refusals {
  readonly #clock: Clock;
  #since: number | undefined;
  #rounds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Refused once more: whether to ask for others. `serving`: the old ones do meanwhile. */
  giveUp(serving: boolean): boolean {
    const now = this.#clock.monotonic();
    this.#since ??= now;
    const firstMs = serving ? patience.servingMs : patience.starvingMs;
    if (now - this.#since < Math.min(firstMs * 2 ** this.#rounds, patience.capMs)) return false;
    this.#since = now;
    this.#rounds += 1;
    return true;
  }

  /** MySQL took some. */
  accepted(): void {
    this.#since = undefined;
    this.#rounds = 0;
  }
}
