import type { Clock } from "@minicluster/core";

interface Timer {
  at: number;
  order: number;
  run: () => void;
}

/**
 * The smallest step of time, in milliseconds: a power of two, so that sums and differences are exact. Whoever waits for
 * what is left of something would wait for ever on a rest that is too small to be added.
 */
const grain = 2 ** -10;

/** Timers that are fired within one turn of the event loop. */
const batch = 100;

/**
 * The time of the world: it moves only when told, and goes from timer to timer. What a timer sets off (promises, ticks)
 * has run before the next one fires, as nothing in a simulation waits for anything but this time. A `ManualClock` for
 * millions of timers: `setImmediate` runs several callbacks in one turn of the event loop, with all promises in between.
 */
export class SimulatedTime implements Clock {
  readonly #started: number;
  #now = 0;
  #order = 0;
  /** The next one last. */
  readonly #timers: Timer[] = [];

  /** `wall` is the wall time it starts at, in milliseconds since 1970. */
  constructor(wall: number = Date.UTC(2026, 0, 1)) {
    this.#started = wall;
  }

  now(): number {
    return this.#started + this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + onGrain(Math.max(0, ms)), order: this.#order++, run };
    let place = this.#timers.length;
    while (place > 0 && isBefore(this.#timers[place - 1], timer)) place -= 1;
    // The list runs from the last to the next: those that come later stand before.
    this.#timers.splice(place, 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves on to this moment (monotonic). @throws what a timer throws */
  async until(moment: number): Promise<void> {
    const end = onGrain(moment);
    await settled();
    while (this.#next(end)) {
      await new Promise<void>((resolve, reject) => {
        let left = batch;
        const step = (): void => {
          try {
            this.#fire(end);
          } catch (error) {
            reject(error);
          }
          left -= 1;
          if (left === 0) resolve();
        };
        for (let index = 0; index < batch; index += 1) setImmediate(step);
      });
    }
    await settled();
    this.#now = Math.max(this.#now, end);
  }

  #next(end: number): Timer | undefined {
    const next = this.#timers.at(-1);
    return next && next.at <= end ? next : undefined;
  }

  #fire(end: number): void {
    const next = this.#next(end);
    if (!next) return;
    this.#timers.pop();
    this.#now = Math.max(this.#now, next.at);
    next.run();
  }
}

function onGrain(ms: number): number {
  return Math.ceil(ms / grain) * grain;
}

function isBefore(one: Timer | undefined, other: Timer): boolean {
  return one !== undefined && (one.at < other.at || (one.at === other.at && one.order < other.order));
}

/** Lets all promises that are ready run on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
