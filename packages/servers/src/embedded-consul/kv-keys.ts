/** Texts in order, each once. Finding the first of a prefix is a binary search. */
export class KvKeys {
  readonly #keys: string[] = [];

  add(key: string): void {
    const place = this.#place(key);
    if (this.#keys[place] !== key) this.#keys.splice(place, 0, key);
  }

  delete(key: string): void {
    const place = this.#place(key);
    if (this.#keys[place] === key) this.#keys.splice(place, 1);
  }

  /** Those that start with `prefix`, in order. */
  startingWith(prefix: string): string[] {
    const found: string[] = [];
    for (let place = this.#place(prefix); place < this.#keys.length; place += 1) {
      const key = this.#keys[place] as string;
      if (!key.startsWith(prefix)) break;
      found.push(key);
    }
    return found;
  }

  /** Where `key` is, or would be. */
  #place(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
