import { type Clock, Deadline } from "@minicluster/core";
import type { Generation } from "./generation.ts";
import { drainedError } from "./pooled-connection.ts";
import type { Settings } from "./settings.ts";

/** What a borrower gets even when the lease ends sooner: enough for a statement that is on its way. */
const leastMs = 1_000;

/**
 * The end of a superseded generation: its borrowers may finish until the drain timeout or the end of its lease, whichever
 * is first. Where the lease was over already (Vault was away), there is nothing to be gained by cutting: the drain timeout alone counts.
 */
export class Drain {
  readonly #generation: Generation;
  readonly #settings: Settings;
  readonly #timeout: Deadline;
  readonly #least: Deadline;
  readonly #leased: boolean;
  /** Connections that were destroyed at the deadline. */
  cut = 0;

  constructor(options: { generation: Generation; settings: Settings; clock: Clock }) {
    const { generation, settings, clock } = options;
    this.#generation = generation;
    this.#settings = settings;
    this.#timeout = new Deadline(clock, settings.drainTimeoutMs);
    this.#least = new Deadline(clock, Math.min(leastMs, settings.drainTimeoutMs));
    this.#leased = settings.credentials.remainingMs(generation.key.credentials) > 0;
  }

  get remainingMs(): number {
    const timeoutMs = this.#timeout.remainingMs;
    if (!this.#leased) return timeoutMs;
    const leaseMs = this.#settings.credentials.remainingMs(this.#generation.key.credentials);
    return Math.min(timeoutMs, Math.max(leaseMs, this.#least.remainingMs));
  }

  /** Destroys what is left when the time is over. */
  tick(): void {
    if (this.remainingMs > 0) return;
    for (const connection of [...this.#generation.connections]) {
      if (connection.status === "ended") continue;
      this.cut += 1;
      connection.cut(drainedError(this.#generation));
    }
  }
}
