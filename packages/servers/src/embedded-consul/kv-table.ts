import { type KvEntry, type KvWrite, sameEntry } from "./kv-entry.ts";
import { KvGraves } from "./kv-graves.ts";
import { KvKeys } from "./kv-keys.ts";
import type { Topics } from "./topics.ts";

/** What was found, and the index of its last change. */
export interface KvFound<T> {
  found: T;
  index: number;
  /** Wakes when it may have changed. */
  topic: string;
}

/** A change of any key. */
const anyKey = "kvs";

/**
 * Keys and values. The rules of what a write keeps and which index a read tells are those of Consul 1.8; so a plain set
 * leaves the lock with its session, but counts its lock index from 0 again.
 */
export class KvTable {
  readonly topics: Topics;
  readonly #entries = new Map<string, KvEntry>();
  readonly #keys = new KvKeys();
  readonly #graves = new KvGraves();
  readonly #held = new Map<string, Set<string>>();
  /** How long the prefixes are that were ever listed: a write looks for watchers of these alone. */
  readonly #prefixLengths = new Set<number>();
  #index = 0;
  #undo: (() => void)[] | undefined;

  constructor(topics: Topics) {
    this.topics = topics;
  }

  /** A key that is not there tells the index of the table. */
  get(key: string): KvFound<KvEntry | undefined> {
    const found = this.#entries.get(key);
    return found
      ? { found, index: found.modifyIndex, topic: `kv:${key}` }
      : { found, index: this.#index, topic: anyKey };
  }

  /** The entries below a prefix, by key. */
  list(prefix: string): KvFound<KvEntry[]> {
    const found = this.#keys.startingWith(prefix).map((key) => this.#entries.get(key) as KvEntry);
    if (prefix === "") return { found, index: this.#index, topic: anyKey };
    this.#prefixLengths.add(prefix.length);
    const last = Math.max(this.#graves.last(prefix), lastOf(found));
    // Where nothing is and nothing was, any change may be its first one.
    return last > 0
      ? { found, index: last, topic: `kv-prefix:${prefix}` }
      : { found, index: this.#index, topic: anyKey };
  }

  set(write: KvWrite, index: number): void {
    const session = this.#entries.get(write.key)?.session ?? "";
    this.#write({ ...write, session, lockIndex: 0 }, index);
  }

  /** Whether it was written: where `cas` is 0, only a new key is, else the key at that index. */
  setAt(write: KvWrite, cas: number, index: number): boolean {
    const modifyIndex = this.#entries.get(write.key)?.modifyIndex ?? 0;
    if (modifyIndex !== cas) return false;
    this.set(write, index);
    return true;
  }

  /** Whether the session, which must be one, holds the lock now. */
  lock(write: KvWrite, session: string, index: number): boolean {
    const existing = this.#entries.get(write.key);
    if (existing && existing.session !== "" && existing.session !== session) return false;
    const lockIndex = existing?.session === session ? existing.lockIndex : (existing?.lockIndex ?? 0) + 1;
    this.#write({ ...write, session, lockIndex }, index);
    return true;
  }

  /** Whether the session held the lock until now. */
  unlock(write: KvWrite, session: string, index: number): boolean {
    const existing = this.#entries.get(write.key);
    if (existing?.session !== session) return false;
    this.#write({ ...write, session: "", lockIndex: existing.lockIndex }, index);
    return true;
  }

  delete(key: string, index: number): void {
    if (!this.#entries.has(key)) return;
    this.#put(key, undefined);
    this.#bury(key, index);
  }

  /** Whether nothing stands in its way: the key is gone, or was not there. */
  deleteAt(key: string, cas: number, index: number): boolean {
    const existing = this.#entries.get(key);
    if (existing && existing.modifyIndex !== cas) return false;
    this.delete(key, index);
    return true;
  }

  /** One tombstone for all of them. */
  deleteTree(prefix: string, index: number): void {
    const keys = this.#keys.startingWith(prefix);
    for (const key of keys) this.#put(key, undefined);
    if (keys.length > 0) this.#bury(prefix, index);
  }

  /** Takes the locks of a session from it, or their keys with them. Returns the keys. */
  release(session: string, remove: boolean, index: number): string[] {
    const keys = [...(this.#held.get(session.toLowerCase()) ?? [])];
    for (const key of keys) {
      const entry = this.#entries.get(key) as KvEntry;
      if (remove) this.delete(key, index);
      else this.#write({ ...entry, session: "" }, index);
    }
    return keys;
  }

  /** All of what `work` changes, or nothing of it where it returns false. */
  atomically(work: () => boolean): void {
    const index = this.#index;
    const undo: (() => void)[] = [];
    this.#undo = undo;
    const done = work();
    this.#undo = undefined;
    if (done) return;
    for (const step of undo.reverse()) step();
    this.#index = index;
  }

  #write(next: Omit<KvEntry, "createIndex" | "modifyIndex">, index: number): void {
    const existing = this.#entries.get(next.key);
    const entry = { ...next, createIndex: existing?.createIndex ?? index, modifyIndex: index };
    if (existing && sameEntry(existing, entry)) return;
    this.#put(next.key, entry);
    this.#index = index;
  }

  #bury(key: string, index: number): void {
    const undo = this.#graves.dig(key, index);
    this.#undo?.push(undo);
    this.#index = index;
  }

  #put(key: string, entry: KvEntry | undefined): void {
    const existing = this.#entries.get(key);
    this.#undo?.push(() => this.#put(key, existing));
    if (existing && existing.session !== "") this.#letGo(existing);
    if (entry) {
      this.#entries.set(key, entry);
      if (!existing) this.#keys.add(key);
      if (entry.session !== "") this.#held.set(entry.session.toLowerCase(), this.#heldBy(entry.session).add(key));
    } else {
      this.#entries.delete(key);
      this.#keys.delete(key);
    }
    this.topics.wake(anyKey);
    this.topics.wake(`kv:${key}`);
    for (const length of this.#prefixLengths) {
      if (length <= key.length) this.topics.wake(`kv-prefix:${key.slice(0, length)}`);
    }
  }

  #heldBy(session: string): Set<string> {
    return this.#held.get(session.toLowerCase()) ?? new Set();
  }

  #letGo({ key, session }: KvEntry): void {
    const held = this.#heldBy(session);
    held.delete(key);
    if (held.size === 0) this.#held.delete(session.toLowerCase());
  }
}

function lastOf(entries: readonly KvEntry[]): number {
  return entries.reduce((last, { modifyIndex }) => Math.max(last, modifyIndex), 0);
}
