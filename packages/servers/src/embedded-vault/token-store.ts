import { createHash } from "node:crypto";
import type { Clock } from "@minicluster/core";
import type { Barrier } from "./barrier.ts";
import type { LeaseEntry } from "./lease-entry.ts";
import type { LeaseStore } from "./lease-store.ts";
import { randomId } from "./random-id.ts";
import type { TokenEntry } from "./token-entry.ts";

export type NewToken = Omit<TokenEntry, "id" | "accessor" | "createdMs"> & { id?: string | undefined };

interface TokenStoreOptions {
  barrier: Barrier;
  clock: Clock;
  leases: () => LeaseStore;
}

/** The tokens. What they may live is their lease's; what they may do, their policies'. */
export class TokenStore {
  readonly #barrier: Barrier;
  readonly #clock: Clock;
  readonly #leases: () => LeaseStore;

  constructor({ barrier, clock, leases }: TokenStoreOptions) {
    this.#barrier = barrier;
    this.#clock = clock;
    this.#leases = leases;
  }

  /** Makes one, with its lease where it ends. */
  async create(token: NewToken, lease?: Pick<LeaseEntry, "renewable" | "maxTtlMs" | "internal">): Promise<TokenEntry> {
    const createdMs = this.#clock.now();
    const entry: TokenEntry = { ...token, id: token.id ?? `hvs.${randomId()}`, accessor: randomId(), createdMs };
    await this.#store(entry);
    await this.#barrier.put(`accessor/${entry.accessor}`, entry.id);
    if (entry.parent) await this.#barrier.put(`parent/${digest(entry.parent)}/${digest(entry.id)}`, entry.id);
    if (entry.ttlMs > 0) {
      await this.#leases().add({
        id: leaseIdOf(entry),
        path: entry.path,
        token: entry.id,
        kind: "auth",
        issuedMs: createdMs,
        renewedMs: 0,
        expiresMs: createdMs + entry.ttlMs,
        renewable: lease?.renewable ?? false,
        ttlMs: entry.ttlMs,
        maxTtlMs: lease?.maxTtlMs ?? 0,
        periodMs: entry.periodMs,
        explicitMaxTtlMs: entry.explicitMaxTtlMs,
        internal: lease?.internal ?? {},
      });
    }
    return entry;
  }

  /** A token that may be used; undefined for one that is unknown, has ended, or is being revoked. */
  async lookup(id: string): Promise<TokenEntry | undefined> {
    const entry = await this.#barrier.get<TokenEntry>(keyOf(id));
    if (!entry || entry.numUses < 0) return undefined;
    if (entry.ttlMs === 0) return entry;
    const lease = this.leaseOf(entry);
    return lease && lease.expiresMs > this.#clock.now() ? entry : undefined;
  }

  /** The token of a request that is under way, its last use included. */
  async own(id: string): Promise<TokenEntry | undefined> {
    const entry = await this.#barrier.get<TokenEntry>(keyOf(id));
    return entry && entry.numUses < 0 ? entry : await this.lookup(id);
  }

  leaseOf(entry: TokenEntry): LeaseEntry | undefined {
    return entry.ttlMs === 0 ? undefined : this.#leases().get(leaseIdOf(entry));
  }

  async byAccessor(accessor: string): Promise<TokenEntry | undefined> {
    const id = await this.#barrier.get<string>(`accessor/${accessor}`);
    return id === undefined ? undefined : await this.lookup(id);
  }

  accessors(): Promise<string[]> {
    return this.#barrier.list("accessor/");
  }

  /** Counts one use. @returns whether it was the last one: the token is to be revoked when the request is done */
  async use(entry: TokenEntry): Promise<boolean> {
    if (entry.numUses === 0) return false;
    entry.numUses = entry.numUses === 1 ? -1 : entry.numUses - 1;
    await this.#store(entry);
    return entry.numUses < 0;
  }

  /** Ends a token, its leases, and all tokens below it. */
  async revoke(id: string): Promise<void> {
    const entry = await this.#barrier.get<TokenEntry>(keyOf(id));
    if (!entry) return;
    const lease = leaseIdOf(entry);
    // Its lease's end comes back to `end`.
    if (entry.ttlMs > 0 && this.#leases().get(lease)) await this.#leases().revoke(lease);
    else await this.end(id);
  }

  /** What the end of a token's lease means: children first, as they are found through their parent. */
  async end(id: string): Promise<void> {
    for (const child of await this.#children(id)) await this.revoke(child);
    await this.#remove(id);
  }

  /** Ends a token and its leases; its children become orphans. */
  async revokeOrphan(id: string): Promise<void> {
    const entry = await this.#barrier.get<TokenEntry>(keyOf(id));
    if (!entry) return;
    for (const child of await this.#children(id)) {
      const orphan = await this.#barrier.get<TokenEntry>(keyOf(child));
      if (orphan) await this.#store({ ...orphan, parent: "" });
    }
    await this.#barrier.clear(`parent/${digest(id)}`);
    if (entry.ttlMs > 0) await this.#leases().forget(leaseIdOf(entry));
    await this.#remove(id);
  }

  async #remove(id: string): Promise<void> {
    const entry = await this.#barrier.get<TokenEntry>(keyOf(id));
    if (!entry) return;
    await this.#barrier.delete(keyOf(id));
    await this.#barrier.delete(`accessor/${entry.accessor}`);
    if (entry.parent) await this.#barrier.delete(`parent/${digest(entry.parent)}/${digest(id)}`);
    await this.#barrier.clear(`cubbyhole/${digest(id)}`);
    const own = leaseIdOf(entry);
    for (const lease of this.#leases().ofToken(id)) if (lease !== own) this.#leases().revokeSoon(lease);
  }

  /** A token's own place, which goes with it. */
  cubbyhole(id: string): Barrier {
    return this.#barrier.below(`cubbyhole/${digest(id)}`);
  }

  async #children(id: string): Promise<string[]> {
    const folder = `parent/${digest(id)}/`;
    const names = await this.#barrier.list(folder);
    const ids = await Promise.all(names.map((name) => this.#barrier.get<string>(folder + name)));
    return ids.filter((child) => child !== undefined);
  }

  #store(entry: TokenEntry): Promise<void> {
    return this.#barrier.put(keyOf(entry.id), entry);
  }
}

function digest(id: string): string {
  return createHash("sha256").update(id).digest("hex");
}

function keyOf(id: string): string {
  return `id/${digest(id)}`;
}

export function leaseIdOf({ path, id }: Pick<TokenEntry, "path" | "id">): string {
  return `${path}/h${digest(id)}`;
}
