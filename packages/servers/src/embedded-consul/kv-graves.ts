import { KvKeys } from "./kv-keys.ts";

/** A real server forgets a tombstone after 15 minutes; this one when so many are newer. */
const kept = 4_096;

/** Where keys were deleted, and at which index, so that a prefix that lost a key has a newer index than before. */
export class KvGraves {
  /** In the order in which they were dug. */
  readonly #graves = new Map<string, number>();
  readonly #keys = new KvKeys();

  /** Returns a function that undoes it. */
  dig(key: string, index: number): () => void {
    const before = this.#graves.get(key);
    this.#graves.delete(key);
    this.#graves.set(key, index);
    this.#keys.add(key);
    const [oldest] = this.#graves.keys();
    if (this.#graves.size > kept && oldest !== undefined) this.#fill(oldest);
    return () => {
      if (before === undefined) this.#fill(key);
      else this.#graves.set(key, before);
    };
  }

  /** The index of the last deletion below a prefix; 0 for none. */
  last(prefix: string): number {
    return this.#keys.startingWith(prefix).reduce((last, key) => Math.max(last, this.#graves.get(key) ?? 0), 0);
  }

  #fill(key: string): void {
    this.#graves.delete(key);
    this.#keys.delete(key);
  }
}
