/**
 * Time as an input. Every wait of every package goes through a `Clock`, so that a test can own time.
 *
 * `now()` is wall time in milliseconds since 1970 and may jump. `monotonic()` is milliseconds since some fixed
 * moment and never goes backwards, but may stand still while the machine sleeps. {@link Deadline} uses both.
 */
export interface Clock {
  now(): number;
  monotonic(): number;
  /** Calls `run` once after `ms` milliseconds (at once when not positive); returns a function that cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** What one `setTimeout` can hold; Node fires at once beyond it. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's own clock. Waits beyond 2^31-1 ms are split. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      const slice = Math.min(left, longestTimerMs);
      timer = setTimeout(() => (left > slice ? arm(left - slice) : run()), slice);
    };
    arm(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

/**
 * Waits `ms` milliseconds on `clock`.
 *
 * @throws the signal's reason, at once, when `signal` is or becomes aborted
 * @example await sleep(systemClock, 50, { signal });
 */
export function sleep(clock: Clock, ms: number, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
