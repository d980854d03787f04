import type { Clock } from "@minicluster/core";
import { CatalogTable } from "./catalog-table.ts";
import { KvTable } from "./kv-table.ts";
import { SessionTable } from "./session-table.ts";
import { Topics } from "./topics.ts";

/**
 * What the servers of a datacenter agree on: the tables and the one index that counts their changes, as Consul's
 * replicated log does. It outlives kill and restart of the server, as a data directory does.
 */
export class State {
  readonly topics: Topics = new Topics();
  readonly catalog: CatalogTable = new CatalogTable(this.topics);
  readonly kv: KvTable = new KvTable(this.topics);
  readonly sessions: SessionTable = new SessionTable({ topics: this.topics, catalog: this.catalog, kv: this.kv });
  #index = 0;

  /** Of the last change. */
  get index(): number {
    return this.#index;
  }

  /** The only way to change a table: `change` gets the index that everything it touches is marked with. */
  apply<T>(change: (index: number) => T): T {
    this.#index += 1;
    return change(this.#index);
  }

  /**
   * Until one of the topics has changed since `index`: true; false when `waitMs` have passed before.
   * Costs the same whatever else changes or is waited for.
   *
   * @throws the reason of `signal`
   */
  waitFor(options: WaitOptions): Promise<boolean> {
    const { topics, index, waitMs, clock, signal } = options;
    if (topics.some((topic) => this.topics.modified(topic) > index)) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const end = (settle: () => void): void => {
        cancel();
        off();
        signal.removeEventListener("abort", onAbort);
        settle();
      };
      const onAbort = (): void => end(() => reject(signal.reason));
      const off = this.topics.watch(topics, () => end(() => resolve(true)));
      const cancel = clock.after(waitMs, () => end(() => resolve(false)));
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}

export interface WaitOptions {
  topics: readonly string[];
  index: number;
  waitMs: number;
  clock: Clock;
  signal: AbortSignal;
}
