import type { Clock } from "@minicluster/core";
import type { SimulatedTime } from "./simulated-time.ts";

/** While nothing happens, timers fire at multiples of this. */
const gridMs = 20_000;

interface Timer {
  at: number;
  run: () => void;
  cancel: () => void;
}

/**
 * The time of the world, with some slack while nothing happens: timers then fire together, up to twenty seconds late, as
 * on a machine that saves power. Else most of a run went into looking at health twice a second. As soon as something
 * happens every timer is exact again, and those that are late fire at once, in their order.
 */
export class SlackClock implements Clock {
  readonly #time: SimulatedTime;
  readonly #timers = new Set<Timer>();
  #exact = true;

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  now(): number {
    return this.#time.now();
  }

  monotonic(): number {
    return this.#time.monotonic();
  }

  after(ms: number, run: () => void): () => void {
    const timer: Timer = { at: this.monotonic() + Math.max(0, ms), run, cancel: () => {} };
    this.#timers.add(timer);
    this.#arm(timer);
    return () => {
      timer.cancel();
      this.#timers.delete(timer);
    };
  }

  set exact(exact: boolean) {
    if (exact === this.#exact) return;
    this.#exact = exact;
    if (!exact) return;
    for (const timer of [...this.#timers].sort((one, other) => one.at - other.at)) {
      timer.cancel();
      this.#arm(timer);
    }
  }

  #arm(timer: Timer): void {
    const at = this.#exact ? timer.at : Math.ceil(timer.at / gridMs) * gridMs;
    timer.cancel = this.#time.after(at - this.monotonic(), () => {
      this.#timers.delete(timer);
      timer.run();
    });
  }
}
