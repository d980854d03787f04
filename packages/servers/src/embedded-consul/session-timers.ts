import type { Clock } from "@minicluster/core";

export interface SessionTimersOptions {
  clock: Clock;
  /** All of them end with it. */
  signal: AbortSignal;
  /** A session that was not renewed in time. */
  expire: (id: string) => void;
}

/** A session lives for twice its TTL after it was renewed: Consul's own margin for a clock or a leader that is slow. */
const multiplier = 2;

/** What ends the sessions that nobody renews. */
export class SessionTimers {
  readonly #options: SessionTimersOptions;
  readonly #cancels = new Map<string, () => void>();

  constructor(options: SessionTimersOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => {
      for (const cancel of this.#cancels.values()) cancel();
      this.#cancels.clear();
    });
  }

  /** From now on. */
  start(id: string, ttlMs: number): void {
    this.stop(id);
    const { clock, signal, expire } = this.#options;
    if (ttlMs <= 0 || signal.aborted) return;
    const due = (): void => {
      this.#cancels.delete(id);
      expire(id);
    };
    this.#cancels.set(id, clock.after(ttlMs * multiplier, due));
  }

  stop(id: string): void {
    this.#cancels.get(id)?.();
    this.#cancels.delete(id);
  }
}
