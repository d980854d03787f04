import type { Freshness } from "@minicluster/core";
import { Emitter } from "@minicluster/core";
import type { Instance, ServiceWatch } from "@minicluster/discovery";
import type { Address, AddressSource } from "@minicluster/mysql";

/**
 * MySQL's address, as discovery sees it. The address in use stays while its instance is listed; an empty answer, however
 * authoritative, keeps the last address: MySQL's own answer is what tells whether it works.
 */
export class MysqlAddress implements AddressSource {
  readonly #watch: ServiceWatch;
  readonly #events = new Emitter<{ changed: Address }>("sdk:mysql-address");
  readonly #off: () => void;
  #current: Address | undefined;

  constructor(watch: ServiceWatch) {
    this.#watch = watch;
    this.#off = watch.events.on("changed", ({ instances }) => this.#choose(instances));
    this.#choose(watch.current ?? []);
  }

  get current(): Address | undefined {
    return this.#current;
  }

  get state(): Freshness {
    return this.#watch.state;
  }

  async ready(options: { signal?: AbortSignal | undefined } = {}): Promise<Address> {
    if (this.#current) return this.#current;
    this.#choose(await this.#watch.available(options));
    return this.#current ?? (await this.ready(options));
  }

  onChange(listener: (address: Address) => void): () => void {
    return this.#events.on("changed", listener);
  }

  close(): void {
    this.#off();
  }

  #choose(instances: readonly Instance[]): void {
    const current = this.#current;
    const listed = instances.some(({ address, port }) => address === current?.host && port === current.port);
    const first = instances[0];
    if (listed || !first) return;
    this.#current = Object.freeze({ host: first.address, port: first.port });
    this.#events.emit("changed", this.#current);
  }
}
