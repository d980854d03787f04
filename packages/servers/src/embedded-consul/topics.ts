/**
 * When what was changed last, by topic, and who waits for it. A topic is a table (`nodes`, `services`, `checks`, `kvs`,
 * `sessions`) or a part of one (`service:web`), named by whoever reads it.
 *
 * A change costs one look-up for each topic it touches, whatever else is waited for.
 */
export class Topics {
  readonly #modified = new Map<string, number>();
  readonly #waiting = new Map<string, Set<() => void>>();

  /** The index of its last change; 0 if it never changed or was forgotten. */
  modified(topic: string): number {
    return this.#modified.get(topic) ?? 0;
  }

  /** Its last change is that of `index`; wakes whoever waits for it. */
  touch(topic: string, index: number): void {
    this.#modified.set(topic, index);
    this.wake(topic);
  }

  /** What it was about is gone, and its index with it; wakes whoever waits for it. */
  forget(topic: string): void {
    this.#modified.delete(topic);
    this.wake(topic);
  }

  /** For a topic that has no index of its own. */
  wake(topic: string): void {
    const waiting = this.#waiting.get(topic);
    if (!waiting) return;
    this.#waiting.delete(topic);
    for (const waiter of waiting) waiter();
  }

  /** Calls `changed` once, at the next change of any of the topics; returns a function that calls it off. */
  watch(topics: readonly string[], changed: () => void): () => void {
    const off = (): void => {
      for (const topic of topics) {
        const waiting = this.#waiting.get(topic);
        if (waiting?.delete(once) && waiting.size === 0) this.#waiting.delete(topic);
      }
    };
    const once = (): void => {
      off();
      changed();
    };
    for (const topic of topics) {
      const waiting = this.#waiting.get(topic) ?? new Set();
      this.#waiting.set(topic, waiting.add(once));
    }
    return off;
  }
}
