import type { Clock } from "./clock.ts";
import { MiniclusterError } from "./errors.ts";

/**
 * The promise, or the signal's reason as soon as it is aborted. The promise itself goes on; `late` receives what it
 * still resolves to, so that nothing it made is lost.
 */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  late?: (value: T) => void,
): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      promise.then(late, () => {});
      reject(signal.reason);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

export interface DeadlineOptions<T> {
  clock: Clock;
  /** Milliseconds; `Infinity` for none. */
  ms: number;
  /** What was being done, for the error: "reading mysql/creds/todo". */
  phase: string;
  signal?: AbortSignal | undefined;
  /** Receives a result that arrives after the deadline or the abort. */
  late?: (value: T) => void;
}

/**
 * Runs `work` with a signal that is aborted by the deadline, by `signal`, and by nothing else. A function without a
 * parameter (its `length` is 0) is called without one.
 *
 * @throws MiniclusterError `TIMED_OUT` (kind `unreachable`) at the deadline; the reason of `signal` when aborted
 * @example await withDeadline({ clock, ms: 5_000, phase: "logging in" }, (signal) => fetch(url, { signal }));
 */
export function withDeadline<T>(options: DeadlineOptions<T>, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, ms, phase, signal, late } = options;
  // Every statement of a service passes here, and a signal costs more than all the rest: no listener on it, and none for
  // work that has no parameter to take it.
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const controller = work.length > 0 ? new AbortController() : undefined;
    let open = true;
    const settle = (): boolean => {
      if (!open) return false;
      open = false;
      cancel();
      signal?.removeEventListener("abort", onAbort);
      return true;
    };
    const end = (reason: unknown): void => {
      if (!settle()) return;
      controller?.abort(reason);
      reject(reason);
    };
    const onAbort = (): void => end(signal?.reason);
    const cancel = ms === Number.POSITIVE_INFINITY ? () => {} : clock.after(ms, () => end(timedOut(phase, ms)));
    signal?.addEventListener("abort", onAbort, { once: true });
    const failed = (error: unknown): void => void (settle() && reject(error));
    try {
      const running = controller ? work(controller.signal) : (work as () => Promise<T>)();
      running.then((value) => (settle() ? resolve(value) : late?.(value)), failed);
    } catch (error) {
      failed(error);
    }
  });
}

function timedOut(phase: string, ms: number): MiniclusterError {
  return new MiniclusterError({
    code: "TIMED_OUT",
    kind: "unreachable",
    message: `${phase}: no answer within ${ms} ms`,
  });
}
