import { type Clock, sleep } from "@minicluster/core";
import type { AntiEntropy } from "./anti-entropy.ts";

export interface SyncLoopOptions {
  clock: Clock;
  antiEntropy: AntiEntropy;
  /** Ends with the run of the agent. */
  signal: AbortSignal;
  /** At once, or after the agent's pause. */
  passed: () => Promise<void>;
  note: (line: string) => void;
}

const everyMs = 60_000;
const againMs = 1_000;

/** Syncs everything when the agent starts and every minute, changes when there are any, and tries again while it can't. */
export class SyncLoop {
  readonly #options: SyncLoopOptions;
  #wake: (() => void) | undefined;
  #wanted = false;
  readonly #first: Promise<void>;
  #ranOnce: () => void = () => {};

  constructor(options: SyncLoopOptions) {
    this.#options = options;
    this.#first = new Promise((resolve) => {
      this.#ranOnce = resolve;
    });
    void this.#run().catch(() => this.#ranOnce());
  }

  /** Until it has tried for the first time. */
  once(): Promise<void> {
    return this.#first;
  }

  /** Something has changed. */
  trigger(): void {
    this.#wanted = true;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { antiEntropy, passed, signal, note, clock } = this.#options;
    for (let all = true; ; ) {
      await passed();
      signal.throwIfAborted();
      this.#wanted = false;
      let failed = false;
      try {
        await (all ? antiEntropy.syncAll(signal) : antiEntropy.syncChanges(signal));
      } catch (error) {
        signal.throwIfAborted();
        note(`[ERROR] agent.anti_entropy: failed to sync: ${(error as Error).message}`);
        failed = true;
      }
      this.#ranOnce();
      if (failed) {
        await sleep(clock, againMs, { signal });
        all = true;
      } else {
        all = !this.#wanted && !(await this.#changed());
      }
    }
  }

  /** True at the next change, false after a minute without one. */
  #changed(): Promise<boolean> {
    const { clock, signal } = this.#options;
    return new Promise((resolve) => {
      const end = (changed: boolean): void => {
        this.#wake = undefined;
        cancel();
        signal.removeEventListener("abort", onAbort);
        resolve(changed);
      };
      const onAbort = (): void => end(false);
      this.#wake = () => end(true);
      const cancel = clock.after(everyMs, () => end(false));
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}
