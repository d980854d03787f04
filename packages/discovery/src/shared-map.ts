interface Entry<T> {
  readonly value: T;
  readonly end: () => void;
  users: number;
}

/** Values by key, made for their first user and ended with their last. */
export class SharedMap<T> {
  readonly #entries = new Map<string, Entry<T>>();

  /** The value of `key`, made when nobody has it yet. `release` gives it back; any number of calls. */
  use(key: string, make: () => { value: T; end: () => void }): { value: T; release: () => void } {
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { ...make(), users: 0 };
      this.#entries.set(key, entry);
    }
    const used = entry;
    used.users += 1;
    let released = false;
    return {
      value: used.value,
      release: () => {
        if (released) return;
        released = true;
        used.users -= 1;
        if (used.users > 0 || this.#entries.get(key) !== used) return;
        this.#entries.delete(key);
        used.end();
      },
    };
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Takes everything out, for ending it together. */
  clear(): T[] {
    const values = [...this.#entries.values()].map(({ value }) => value);
    this.#entries.clear();
    return values;
  }
}
