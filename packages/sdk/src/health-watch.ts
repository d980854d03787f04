import type { Clock } from "@minicluster/core";
import type { ClusterHealth } from "./health.ts";

/** How often health is compared with what was said last. Reading it is a look at a few fields. */
const intervalMs = 500;

/** Says when health changed: in its status, or in which part is unwell. */
export class HealthWatch {
  readonly #options: { clock: Clock; read: () => ClusterHealth; changed: (event: HealthChange) => void };
  #last: ClusterHealth | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: { clock: Clock; read: () => ClusterHealth; changed: (event: HealthChange) => void }) {
    this.#options = options;
  }

  start(): void {
    this.#cancel ??= this.#options.clock.after(intervalMs, () => this.#tick());
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #tick(): void {
    this.#cancel = undefined;
    const previous = this.#last;
    const current = this.#options.read();
    this.#last = current;
    if (digest(previous) !== digest(current)) this.#options.changed({ ...current, previous: previous?.status });
    this.start();
  }
}

export interface HealthChange extends ClusterHealth {
  /** The status before; undefined for the first. */
  previous: ClusterHealth["status"] | undefined;
}

function digest(health: ClusterHealth | undefined): string {
  return health?.parts.map(({ name, status }) => `${name} ${status}`).join() ?? "";
}
