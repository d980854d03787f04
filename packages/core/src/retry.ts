import { type Clock, sleep } from "./clock.ts";
import { kindOf } from "./errors.ts";
import { type BackoffOptions, backoffDelay } from "./schedule.ts";

export interface RetryOptions extends Pick<BackoffOptions, "baseMs" | "capMs"> {
  clock: Clock;
  /** Default `Math.random`. */
  random?: () => number;
  /** The only end besides success: an abort rejects with its reason. */
  signal?: AbortSignal | undefined;
  /** Whether this failure is worth another try. Default: kind `unreachable`. */
  retryable?: (error: unknown) => boolean;
  onRetry?: (failure: { error: unknown; attempt: number; delayMs: number }) => void;
}

/**
 * Tries until it works, with backoff and full jitter, however often that takes.
 *
 * @throws the failure itself when it is not retryable; the signal's reason when aborted
 * @example await retry({ clock, signal }, () => register());
 */
export async function retry<T>(options: RetryOptions, work: (attempt: number) => Promise<T>): Promise<T> {
  const { clock, signal, random = Math.random, retryable = (error) => kindOf(error) === "unreachable" } = options;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      if (signal?.aborted || !retryable(error)) throw error;
      const delayMs = backoffDelay({ ...options, attempt, random: random() });
      options.onRetry?.({ error, attempt, delayMs });
      await sleep(clock, delayMs, { signal });
    }
  }
}
