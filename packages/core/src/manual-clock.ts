import type { Clock } from "./clock.ts";

interface Timer {
  at: number;
  order: number;
  run: () => void;
}

/**
 * A clock that moves only when told.
 *
 * @example const clock = new ManualClock(); const slept = sleep(clock, 5_000); await clock.advance(5_000); await slept;
 */
export class ManualClock implements Clock {
  #wall: number;
  #monotonic = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** `wall` is the wall time it starts at, in milliseconds since 1970. */
  constructor(wall: number = Date.UTC(2026, 0, 1)) {
    this.#wall = wall;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#monotonic + Math.max(0, ms), order: this.#order++, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Timers that have not fired: zero when everything is closed. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves both times on, fires what falls due in order, and lets every promise that this settles run on. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await settled();
    for (let timer = this.#due(end); timer; timer = this.#due(end)) {
      this.#move(timer.at);
      this.#timers.delete(timer);
      timer.run();
      await settled();
    }
    this.#move(end);
    await settled();
  }

  /** Wall time jumps (forward or back), as when a clock is set or a machine slept; monotonic time and timers do not. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  #move(to: number): void {
    if (to <= this.#monotonic) return;
    this.#wall += to - this.#monotonic;
    this.#monotonic = to;
  }

  #due(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}

/** Lets promises that are ready run on: a few turns of the event loop. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
