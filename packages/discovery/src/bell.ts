import type { Clock } from "@minicluster/core";

/** Sleeps that one ring ends early, all together. */
export class Bell {
  readonly #sleepers = new Set<() => void>();

  ring(): void {
    for (const wake of [...this.#sleepers]) wake();
  }

  /** Ends after `ms`, or at the next ring. @throws the signal's reason when aborted */
  wait(clock: Clock, ms: number, options: { signal: AbortSignal }): Promise<void> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const end = (): void => {
        cancel();
        this.#sleepers.delete(wake);
        signal.removeEventListener("abort", onAbort);
      };
      const wake = (): void => {
        end();
        resolve();
      };
      const onAbort = (): void => {
        end();
        reject(signal.reason);
      };
      const cancel = clock.after(ms, wake);
      this.#sleepers.add(wake);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}
