import { type Clock, LinkedSignal, sleep } from "@minicluster/core";
import type { Gate } from "../embedded/gate.ts";
import { ActiveVault } from "./active-vault.ts";
import { Barrier } from "./barrier.ts";
import type { VaultMysqlDriver } from "./engine.ts";
import type { HttpCall, HttpReply } from "./http-call.ts";
import { Unsealing } from "./seal.ts";
import type { EmbeddedVaultStorage } from "./vault-storage.ts";

export interface VaultNodeOptions {
  storage: EmbeddedVaultStorage;
  /** Whether other nodes may share the storage: there is a lock, and there are standbys. */
  shared: boolean;
  takeoverMs: number;
  address: string;
  clock: Clock;
  gate: Gate;
  note: (line: string) => void;
  driver: VaultMysqlDriver | undefined;
  /** Answers a request that a standby hands on. */
  serve: (call: HttpCall) => Promise<HttpReply>;
  /** Sealed, standby or active have changed. */
  changed: () => void;
}

/** One run of one node, from its start, sealed, to its end: it forgets all keys then. */
export class VaultNode {
  readonly options: VaultNodeOptions;
  readonly unsealing: Unsealing = new Unsealing();
  readonly #run: AbortSignal;
  #key: Buffer | undefined;
  #active: ActiveVault | undefined;
  /** Ends what this node does as a standby or an active one. */
  #term: AbortController | undefined;
  #cluster: { name: string; id: string } | undefined;
  /** Before it, a node that stepped down does not try to lead again. */
  #notBeforeMs = 0;

  constructor(options: VaultNodeOptions, run: AbortSignal) {
    this.options = options;
    this.#run = run;
  }

  get sealed(): boolean {
    return this.#key === undefined;
  }

  get active(): ActiveVault | undefined {
    return this.#active;
  }

  get cluster(): { name: string; id: string } | undefined {
    return this.#cluster;
  }

  /** The node that leads, as this one knows. */
  get leader(): VaultNode | undefined {
    const { storage, clock } = this.options;
    const { lock } = storage;
    return lock && lock.untilMs > clock.monotonic() ? lock.node : undefined;
  }

  /** Has the key from now on, and tries to lead. */
  async unseal(key: Buffer): Promise<void> {
    this.#key = key;
    const barrier = new Barrier(this.options.storage.root, key);
    this.#cluster = await barrier.get("cluster");
    this.options.note("[INFO]  core: vault is unsealed");
    const term = new AbortController();
    this.#term = term;
    const signal = AbortSignal.any([this.#run, term.signal]);
    if (this.options.shared) void this.#stand(signal);
    else await this.#lead();
    this.options.changed();
  }

  /** Forgets the key; another node may lead at once. */
  async seal(): Promise<void> {
    this.#term?.abort();
    this.#key = undefined;
    await this.#resign();
    this.unsealing.reset();
    this.options.note("[INFO]  core: vault is sealed");
    this.options.changed();
  }

  /** Lets another node lead; tries again itself after ten seconds, as a real one does. */
  async stepDown(): Promise<void> {
    this.#notBeforeMs = this.options.clock.monotonic() + 10_000;
    await this.#resign();
    this.options.changed();
  }

  /** Ends without a word: its lock runs out by itself. */
  async drop(): Promise<void> {
    this.#term?.abort();
    this.#key = undefined;
    const active = this.#active;
    this.#active = undefined;
    await active?.close();
  }

  async #lead(): Promise<void> {
    const { storage, clock, gate, note, driver } = this.options;
    if (!this.#key) return;
    const barrier = new Barrier(storage.root, this.#key);
    const active = await ActiveVault.open({ barrier, clock, gate, note, driver });
    if (this.#key) this.#active = active;
    else await active.close();
    note("[INFO]  core: active operation starting");
  }

  async #resign(): Promise<void> {
    const { storage } = this.options;
    const active = this.#active;
    this.#active = undefined;
    await active?.close();
    if (storage.lock?.node !== this) return;
    storage.lock = undefined;
    for (const wake of [...storage.waiting]) wake();
  }

  /** Leads whenever nobody else does, until it is sealed or ended. */
  async #stand(signal: AbortSignal): Promise<void> {
    const { storage, clock, gate, takeoverMs, note } = this.options;
    try {
      while (!signal.aborted) {
        await gate.passed();
        const wait = Math.max(this.#notBeforeMs, storage.lock?.untilMs ?? 0) - clock.monotonic();
        if (wait > 0) {
          await this.#freed(wait, signal);
          continue;
        }
        storage.lock = { node: this, untilMs: clock.monotonic() + takeoverMs };
        if (!(await this.#begun())) continue;
        await this.#hold(signal);
        note("[WARN]  core: leadership lost, stopping active operation");
        this.options.changed();
      }
    } catch (error) {
      if (!signal.aborted) note(`[ERROR] core: ${(error as Error).message}`);
    }
  }

  /** Whether it leads now; where it can't (an audit file that is gone), another node may try. */
  async #begun(): Promise<boolean> {
    const { clock, changed, note } = this.options;
    try {
      await this.#lead();
      changed();
      return true;
    } catch (error) {
      note(`[ERROR] core: post-unseal setup failed: ${(error as Error).message}`);
      this.#notBeforeMs = clock.monotonic() + 1_000;
      await this.#resign();
      return false;
    }
  }

  /** Keeps the lock as long as it is ours. */
  async #hold(signal: AbortSignal): Promise<void> {
    const { storage, clock, gate, takeoverMs } = this.options;
    while (this.#active) {
      await sleep(clock, Math.max(10, takeoverMs / 10), { signal });
      await gate.passed();
      signal.throwIfAborted();
      const { lock } = storage;
      if (lock?.node === this && lock.untilMs > clock.monotonic()) {
        lock.untilMs = clock.monotonic() + takeoverMs;
        continue;
      }
      // A frozen leader that thaws drops what came due before it learns that it leads no more.
      await this.#active?.leases.settled();
      await this.#resign();
    }
  }

  /** After `ms`, or when the leader gives its lock back. */
  async #freed(ms: number, signal: AbortSignal): Promise<void> {
    const { storage, clock } = this.options;
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    storage.waiting.add(wake);
    using either = new LinkedSignal(signal, woken.signal);
    try {
      await sleep(clock, ms, { signal: either.signal });
    } catch (error) {
      if (signal.aborted) throw error;
    } finally {
      storage.waiting.delete(wake);
    }
  }
}
