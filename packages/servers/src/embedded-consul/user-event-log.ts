import type { UserEvent } from "./user-event.ts";

const kept = 256;

/** The last user events that an agent heard of, in their order. */
export class UserEventLog {
  readonly #events: UserEvent[] = [];
  readonly #waiting = new Set<() => void>();

  add(event: UserEvent): void {
    this.#events.push(event);
    if (this.#events.length > kept) this.#events.shift();
    for (const heard of this.#waiting) heard();
  }

  clear(): void {
    this.#events.length = 0;
  }

  /** Of that name, or all for "". */
  named(name: string): UserEvent[] {
    return this.#events.filter((event) => name === "" || event.name === name);
  }

  /** Calls `heard` for each one from now on; returns a function that takes it off again. */
  onEvent(heard: () => void): () => void {
    this.#waiting.add(heard);
    return () => void this.#waiting.delete(heard);
  }
}
