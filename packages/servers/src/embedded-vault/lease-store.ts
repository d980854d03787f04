import type { Clock } from "@minicluster/core";
import type { Gate } from "../embedded/gate.ts";
import type { Barrier } from "./barrier.ts";
import type { LeaseEntry } from "./lease-entry.ts";

interface Pending {
  entry: LeaseEntry;
  cancel: () => void;
  /** Failed revocations so far. */
  attempts: number;
  revoking: Promise<void> | undefined;
}

export interface LeaseStoreOptions {
  barrier: Barrier;
  clock: Clock;
  gate: Gate;
  /** Ends what the lease was for. @throws when that failed: it is tried again, with backoff */
  end: (entry: LeaseEntry) => Promise<void>;
  note: (line: string) => void;
}

/** Between two attempts to revoke what can't be revoked; it doubles each time, and after the last the lease stays (as in Vault). */
const [retryMs, maxAttempts] = [10_000, 6];

/** The active node's leases: each has a timer of its own, and what an unseal finds overdue is revoked at once. */
export class LeaseStore {
  readonly #options: LeaseStoreOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #byToken = new Map<string, Set<string>>();
  readonly #due = new Set<Promise<void>>();
  #closed = false;

  constructor(options: LeaseStoreOptions) {
    this.#options = options;
  }

  /** Takes over every lease of the storage. */
  async load(): Promise<void> {
    for (const id of await this.ids("")) {
      const entry = await this.#options.barrier.get<LeaseEntry>(id);
      if (entry) this.#hold(entry);
    }
  }

  get size(): number {
    return this.#pending.size;
  }

  /** A lease that has not ended. */
  get(id: string): LeaseEntry | undefined {
    return this.#pending.get(id)?.entry;
  }

  /**
   * The same, if the storage has it still: a leader that thawed may have ended it there. Renewing and revoking go by the
   * storage, looking up doesn't (Vault's expiration.go, `loadEntry` and `FetchLeaseTimes`).
   */
  async stored(id: string): Promise<LeaseEntry | undefined> {
    const held = this.#pending.get(id);
    if (!held || (await this.#options.barrier.get(id))) return held?.entry;
    held.cancel();
    this.#release(held);
    return undefined;
  }

  async add(entry: LeaseEntry): Promise<void> {
    await this.#options.barrier.put(entry.id, entry);
    this.#hold(entry);
  }

  /** It lives until then. */
  async prolong(entry: LeaseEntry, expiresMs: number): Promise<void> {
    entry.expiresMs = expiresMs;
    entry.renewedMs = this.#options.clock.now();
    await this.#options.barrier.put(entry.id, entry);
    const held = this.#pending.get(entry.id);
    if (!held) return;
    held.cancel();
    this.#arm(held, expiresMs - this.#options.clock.now());
  }

  /** Ends it now. @throws what ending it threw, and keeps it */
  async revoke(id: string): Promise<void> {
    const held = this.#pending.get(id);
    if (!held) return;
    held.cancel();
    held.revoking ??= this.#end(held);
    try {
      await held.revoking;
    } catch (error) {
      held.revoking = undefined;
      this.#arm(held, held.entry.expiresMs - this.#options.clock.now());
      throw error;
    }
  }

  /** Ends it soon, however often that must be tried. */
  revokeSoon(id: string): void {
    const held = this.#pending.get(id);
    if (!held) return;
    held.entry.expiresMs = Math.min(held.entry.expiresMs, this.#options.clock.now());
    held.cancel();
    this.#fire(held);
  }

  /** Forgets it, whatever becomes of what it was for. */
  async forget(id: string): Promise<void> {
    const held = this.#pending.get(id);
    if (!held) return;
    held.cancel();
    await this.#drop(held);
  }

  ofToken(token: string): string[] {
    return [...(this.#byToken.get(token) ?? [])];
  }

  /** Names right below a prefix. */
  list(prefix: string): Promise<string[]> {
    return this.#options.barrier.list(prefix);
  }

  /** All lease ids at or below a prefix that ends with a slash, or "". */
  async ids(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for (const name of await this.list(prefix)) {
      if (name.endsWith("/")) found.push(...(await this.ids(prefix + name)));
      else found.push(prefix + name);
    }
    return found;
  }

  /** When everything that is due now has been tried once. */
  async settled(): Promise<void> {
    while (this.#due.size > 0) await Promise.allSettled([...this.#due]);
  }

  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#pending.values()) cancel();
  }

  #hold(entry: LeaseEntry): void {
    const held: Pending = { entry, cancel: () => {}, attempts: 0, revoking: undefined };
    this.#pending.set(entry.id, held);
    const ids = this.#byToken.get(entry.token) ?? new Set();
    this.#byToken.set(entry.token, ids.add(entry.id));
    this.#arm(held, entry.expiresMs - this.#options.clock.now());
  }

  #arm(held: Pending, ms: number): void {
    held.cancel = this.#options.clock.after(ms, () => this.#fire(held));
  }

  #fire(held: Pending): void {
    const work = this.#expire(held).finally(() => this.#due.delete(work));
    this.#due.add(work);
  }

  async #expire(held: Pending): Promise<void> {
    const { gate, note } = this.#options;
    // A frozen leader does not know yet that it lost its lock: what came due is revoked first, as a real one does.
    await gate.passed();
    if (this.#closed || this.#pending.get(held.entry.id) !== held) return;
    held.revoking ??= this.#end(held);
    try {
      await held.revoking;
    } catch (error) {
      held.revoking = undefined;
      held.attempts += 1;
      note(`[ERROR] expiration: failed to revoke lease: lease_id=${held.entry.id} error="${(error as Error).message}"`);
      if (held.attempts < maxAttempts && !this.#closed) this.#arm(held, retryMs * 2 ** (held.attempts - 1));
    }
  }

  async #end(held: Pending): Promise<void> {
    if (!(await this.stored(held.entry.id))) return;
    await this.#options.end(held.entry);
    await this.#drop(held);
  }

  async #drop(held: Pending): Promise<void> {
    this.#release(held);
    await this.#options.barrier.delete(held.entry.id);
  }

  #release({ entry }: Pending): void {
    this.#pending.delete(entry.id);
    const ids = this.#byToken.get(entry.token);
    ids?.delete(entry.id);
    if (ids?.size === 0) this.#byToken.delete(entry.token);
  }
}
