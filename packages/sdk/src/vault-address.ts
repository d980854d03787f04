import type { Instance, ServiceWatch } from "@minicluster/discovery";
import type { VaultAddressSource } from "@minicluster/vault";

/**
 * Where Vault may be, as discovery sees it: the active node first, then those that pass, then the rest. A node whose
 * check is critical stays in the list: it may be unsealed before Consul has noticed.
 */
export class VaultAddress implements VaultAddressSource {
  readonly #watch: ServiceWatch;
  readonly #scheme: "http" | "https";
  #current: readonly string[] = [];

  constructor(watch: ServiceWatch, scheme: "http" | "https") {
    this.#watch = watch;
    this.#scheme = scheme;
    watch.events.on("changed", ({ instances }) => this.#sort(instances));
    this.#sort(watch.current ?? []);
  }

  current(): readonly string[] {
    return this.#current;
  }

  onChange(listener: () => void): () => void {
    return this.#watch.events.on("changed", listener);
  }

  async ready(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.#sort(await this.#watch.available(options));
  }

  #sort(instances: readonly Instance[]): void {
    // An empty catalog is no reason to forget where Vault was.
    if (instances.length === 0) return;
    const sorted = [...instances].sort((a, b) => rank(a) - rank(b));
    this.#current = sorted.map(
      ({ address, port }) => `${this.#scheme}://${address.includes(":") ? `[${address}]` : address}:${port}`,
    );
  }
}

function rank({ tags, status }: Instance): number {
  const passing = status === "passing" ? 0 : 1;
  return tags.includes("active") ? passing : 2 + passing;
}
