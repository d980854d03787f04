/** One moment by the time of the world, and by the service's own clocks. In milliseconds. */
export interface Moment {
  real: number;
  wall: number;
  monotonic: number;
}

/** Vault says whole seconds. */
const roundingMs = 1_000;
/** A life is renewed when two thirds of it are gone; timers may be 20 s late, which is a lot for a life of five minutes. */
const dueShare = 3 / 4;

/** A life that Vault granted, as the service has to count it: from when it asked. */
export class GrantedLife {
  readonly ms: number;
  readonly #asked: Moment;

  constructor(asked: Moment, ms: number) {
    this.#asked = asked;
    this.ms = ms;
  }

  over(now: Moment): boolean {
    return now.real - this.#asked.real >= this.ms - roundingMs;
  }

  /** Neither of the service's clocks says that it was time to renew: monotonic time stood still, and the wall clock was set back. */
  hidden(now: Moment): boolean {
    const gone = Math.max(now.wall - this.#asked.wall, now.monotonic - this.#asked.monotonic);
    return gone < this.ms * dueShare;
  }
}
