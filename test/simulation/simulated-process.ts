import type { Clock } from "@minicluster/core";

/** How a process sleeps. `stopped`: its clocks go on, as after SIGSTOP. `suspended`: monotonic time stands still. */
export type Sleep = "stopped" | "suspended";

interface Timer {
  /** On the process's own monotonic clock. */
  at: number;
  order: number;
  run: () => void;
  cancel: () => void;
}

/**
 * The process under test as its clocks and its sockets see it: it may sleep, and its wall clock may be set. While it
 * sleeps, what falls due and what comes from the network waits; then timers come first, as in Node's event loop.
 */
export class SimulatedProcess {
  readonly clock: Clock;
  readonly #time: Clock;
  readonly #timers = new Set<Timer>();
  #inbox: (() => void)[] = [];
  #wallOffset = 0;
  #slept = 0;
  #asleep: { how: Sleep; since: number } | undefined;
  #order = 0;
  /** The most timers that were pending at any time. */
  mostTimers = 0;

  constructor(time: Clock) {
    this.#time = time;
    this.clock = {
      now: () => time.now() + this.#wallOffset,
      monotonic: () => this.#monotonic(),
      after: (ms, run) => this.#after(ms, run),
    };
  }

  get asleep(): boolean {
    return this.#asleep !== undefined;
  }

  /** Timers that have not fired: none when everything is closed. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Something comes from the network. */
  receive(run: () => void): void {
    if (this.#asleep) this.#inbox.push(run);
    else run();
  }

  /** Its wall clock is set; monotonic time is not. */
  setWall(offsetMs: number): void {
    this.#wallOffset = offsetMs;
  }

  sleep(how: Sleep): void {
    if (this.#asleep) return;
    this.#asleep = { how, since: this.#time.monotonic() };
    for (const timer of this.#timers) timer.cancel();
  }

  wake(): void {
    if (!this.#asleep) return;
    const { how, since } = this.#asleep;
    if (how === "suspended") this.#slept += this.#time.monotonic() - since;
    this.#asleep = undefined;
    const inbox = this.#inbox;
    this.#inbox = [];
    // Those that are due fire in their order, and each in a turn of its own, before what came meanwhile is read.
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at || a.order - b.order)) this.#arm(timer);
    for (const run of inbox) this.#time.after(0, () => this.receive(run));
  }

  #monotonic(): number {
    const still = this.#asleep?.how === "suspended" ? this.#time.monotonic() - this.#asleep.since : 0;
    return this.#time.monotonic() - this.#slept - still;
  }

  #after(ms: number, run: () => void): () => void {
    const timer: Timer = { at: this.#monotonic() + Math.max(0, ms), order: this.#order++, run, cancel: () => {} };
    this.#timers.add(timer);
    this.mostTimers = Math.max(this.mostTimers, this.#timers.size);
    if (!this.#asleep) this.#arm(timer);
    return () => {
      timer.cancel();
      this.#timers.delete(timer);
    };
  }

  #arm(timer: Timer): void {
    timer.cancel = this.#time.after(timer.at - this.#monotonic(), () => {
      this.#timers.delete(timer);
      timer.run();
    });
  }
}
