import { type Clock, systemClock } from "@minicluster/core";

export type OnProgress = (line: string) => void;

export interface FetchOptions {
  /** A line each time there is something to say while a server is downloaded or built. Default: to stderr. */
  onProgress?: OnProgress | undefined;
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
}

const everyMs = 10_000;

/** Says what is being done, how far it is and how long it takes: at each step, and every 10 s in between. */
export class Progress {
  readonly #what: string;
  readonly #say: OnProgress;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #step = "";
  #cancel: () => void = () => {};

  constructor(what: string, options: FetchOptions = {}) {
    this.#what = what;
    this.#say = options.onProgress ?? ((line) => void process.stderr.write(`${line}\n`));
    this.#clock = options.clock ?? systemClock;
    this.#startedMs = this.#clock.monotonic();
  }

  /** A new step, said at once. */
  step(step: string): void {
    this.update(step);
    this.#tell();
  }

  /** How far the step is, said with the next line. */
  update(step: string): void {
    this.#step = step;
  }

  end(): void {
    this.#cancel();
  }

  #tell(): void {
    this.#cancel();
    const seconds = Math.round((this.#clock.monotonic() - this.#startedMs) / 1_000);
    this.#say(`${this.#what}: ${this.#step}${seconds > 0 ? `, ${elapsed(seconds)}` : ""}`);
    this.#cancel = this.#clock.after(everyMs, () => this.#tell());
  }
}

function elapsed(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
}
