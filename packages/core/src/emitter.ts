import { channel } from "node:diagnostics_channel";

/**
 * Typed events. No listener is needed for any of them, a listener that throws disturbs nobody else, and each event is
 * also published on the diagnostics channel `minicluster:AREA:EVENT`, which costs nothing without a subscriber.
 *
 * @example
 * const events = new Emitter<{ rotated: { path: string } }>("vault");
 * const off = events.on("rotated", ({ path }) => console.log(path));
 */
export class Emitter<Events extends object> {
  readonly #area: string;
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();

  constructor(area: string) {
    this.#area = area;
  }

  /** Returns a function that takes the listener off again. */
  on<Name extends keyof Events & string>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** The next event of that name. @throws the signal's reason when it is aborted first */
  once<Name extends keyof Events & string>(name: Name, options: { signal?: AbortSignal } = {}): Promise<Events[Name]> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        off();
        reject(signal?.reason);
      };
      const off = this.on(name, (event) => {
        off();
        signal?.removeEventListener("abort", onAbort);
        resolve(event);
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  emit<Name extends keyof Events & string>(name: Name, event: Events[Name]): void {
    const published = channel(`minicluster:${this.#area}:${name}`);
    if (published.hasSubscribers) published.publish(event);
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        process.emitWarning(`a listener of ${this.#area} "${name}" threw: ${String(error)}`, "MiniclusterWarning");
      }
    }
  }
}
