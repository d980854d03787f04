import type { UserEvent } from "./user-event.ts";

/** Carries user events to all agents of a datacenter; serf's part. */
export class UserEventBus {
  readonly #listeners = new Set<(event: UserEvent) => void>();
  /** An agent that has heard of nothing is at 1. */
  #time = 1;

  /** On serf's clock. */
  get next(): number {
    return this.#time + 1;
  }

  fire(event: UserEvent): void {
    this.#time += 1;
    const heard = { ...event, time: this.#time };
    for (const listener of this.#listeners) listener(heard);
  }

  /** Returns a function that takes it off again. */
  listen(listener: (event: UserEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
