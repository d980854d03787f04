import { type Clock, sleep } from "@minicluster/core";

export interface EveryOptions {
  clock: Clock;
  ms: number;
  signal: AbortSignal;
  /** At once, or after a pause. */
  passed: () => Promise<void>;
}

/** Calls `work` every so often until `signal` is aborted. Never rejects. */
export async function every({ clock, ms, signal, passed }: EveryOptions, work: () => void): Promise<void> {
  try {
    for (;;) {
      await sleep(clock, ms, { signal });
      await passed();
      signal.throwIfAborted();
      work();
    }
  } catch {
    // Aborted.
  }
}
