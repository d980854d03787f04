import type { Emitter } from "@minicluster/core";
import { origins, type VaultAddressSource } from "./addresses.ts";
import type { VaultEvents } from "./events.ts";

/** What is remembered of the nodes of one logical Vault: which answered last, which failed last, which a standby named. */
export class Nodes {
  readonly #events: Emitter<VaultEvents>;
  readonly #source: VaultAddressSource;
  readonly #suspects = new Set<string>();
  #good: string | undefined;
  #learned: string | undefined;
  /** What the source said last, and what that comes to: health is read twice a second. */
  #said: readonly string[] = [];
  #named: readonly string[] = [];

  constructor(source: VaultAddressSource, events: Emitter<VaultEvents>) {
    this.#events = events;
    this.#source = source;
  }

  /** Base URLs, the one that answered last first. */
  list(): string[] {
    const named = this.#origins();
    const all = this.#learned === undefined || named.includes(this.#learned) ? [...named] : [...named, this.#learned];
    const good = this.#good;
    return good !== undefined && all.includes(good) ? [good, ...all.filter((address) => address !== good)] : all;
  }

  /** Its last request failed, and nothing has succeeded since. */
  isSuspect(address: string): boolean {
    return this.#suspects.has(address);
  }

  suspect(address: string): void {
    this.#suspects.add(address);
  }

  /** A standby named this node as the active one, though the source did not. */
  learn(address: string): void {
    this.#learned = address;
  }

  /** It answered as a Vault that can serve. */
  good(address: string): void {
    this.#suspects.delete(address);
    if (this.#good === address) return;
    const previous = this.#good;
    this.#good = address;
    if (previous !== undefined) this.#events.emit("leader.changed", { address, previous });
  }

  #origins(): readonly string[] {
    const said = this.#source.current();
    const same = said.length === this.#said.length && said.every((address, at) => address === this.#said[at]);
    if (!same) {
      this.#said = [...said];
      this.#named = origins(said);
    }
    return this.#named;
  }
}
