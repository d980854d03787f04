import type { Clock } from "@minicluster/core";
import type { Generation } from "./generation.ts";
import { drainedError } from "./pooled-connection.ts";
import type { Settings } from "./settings.ts";

/**
 * What a borrower gets even when the lease ends sooner. A rotation that Vault granted late must not cut who has only just
 * begun: rights on the default database outlive the account on an open connection, so little is lost by waiting.
 */
const leastMs = 10_000;

/**
 * The end of a superseded generation: its borrowers may finish until the drain timeout or the end of its lease, whichever
 * is first. Where the lease was over already (Vault was away), there is nothing to be gained by cutting: the drain timeout alone counts.
 *
 * All of it on the monotonic clock: a wall clock that jumps must not cut a transaction.
 */
export class Drain {
  readonly #generation: Generation;
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #timeoutAt: number;
  readonly #leastAt: number;
  /** The latest end of the lease that was seen while it lasted. */
  #leaseAt: number | undefined;
  /** Connections that were destroyed at the deadline. */
  cut = 0;

  constructor(options: { generation: Generation; settings: Settings; clock: Clock }) {
    const { generation, settings, clock } = options;
    this.#generation = generation;
    this.#settings = settings;
    this.#clock = clock;
    const now = clock.monotonic();
    this.#timeoutAt = now + settings.drainTimeoutMs;
    this.#leastAt = now + Math.min(leastMs, settings.drainTimeoutMs);
    this.#lookAtLease(now);
  }

  get remainingMs(): number {
    const end = this.#leaseAt === undefined ? this.#timeoutAt : Math.max(this.#leaseAt, this.#leastAt);
    return Math.min(this.#timeoutAt, end) - this.#clock.monotonic();
  }

  /** Destroys what is left when the time is over. */
  tick(): void {
    if (this.#leaseAt !== undefined) this.#lookAtLease(this.#clock.monotonic());
    if (this.remainingMs > 0) return;
    for (const connection of [...this.#generation.connections]) {
      if (connection.status === "ended") continue;
      this.cut += 1;
      connection.cut(drainedError(this.#generation));
    }
  }

  /** A lease may end later than it looked: its token is renewed. One that looks over says nothing: its clock may have jumped. */
  #lookAtLease(now: number): void {
    const leftMs = this.#settings.credentials.remainingMs(this.#generation.key.credentials);
    if (leftMs > 0) this.#leaseAt = Math.max(this.#leaseAt ?? 0, now + leftMs);
  }
}
