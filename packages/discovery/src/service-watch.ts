import { abortable, Emitter, type Freshness, LinkedSignal } from "@minicluster/core";
import { DiscoveryError } from "./errors.ts";
import type { Instance } from "./instance.ts";
import type { View, ViewChange } from "./view.ts";

export interface ServiceWatchEvents {
  changed: ViewChange;
}

/**
 * The instances of a service, kept up to date. Watches of one query share their work.
 *
 * @example
 * using watch = discovery.watch("billing");
 * for await (const instances of watch) console.log(instances.length);
 */
export class ServiceWatch implements AsyncIterable<readonly Instance[]>, Disposable {
  readonly service: string;
  readonly events: Emitter<ServiceWatchEvents> = new Emitter("discovery:watch");
  readonly #view: View;
  readonly #closing = new AbortController();
  readonly #release: () => void;

  /** Made by `discovery.watch()`. */
  constructor(service: string, view: View, owner: { release: () => void; closing: AbortSignal }) {
    this.service = service;
    this.#view = view;
    const off = view.onChange((change) => this.events.emit("changed", change));
    const onClosing = (): void => this.close();
    owner.closing.addEventListener("abort", onClosing, { once: true });
    this.#release = () => {
      off();
      owner.closing.removeEventListener("abort", onClosing);
      owner.release();
    };
  }

  /** The last good list, in the source's order; empty before the first answer. */
  get current(): readonly Instance[] {
    return this.#view.current;
  }

  /** The last list that was not empty: what a caller keeps for whom nowhere is worse than an old address. */
  get lastKnown(): readonly Instance[] {
    return this.#view.lastKnown;
  }

  /** `expired` before the first answer, `stale` while the source is away or its answer is not believed yet. */
  get state(): Freshness {
    return this.#view.state;
  }

  /** Why the last try failed, while it does. */
  get error(): unknown {
    return this.#view.feed.error;
  }

  /** The list as soon as there is an answer, be it empty. @throws `CLOSED`; the signal's reason */
  async ready(options: { signal?: AbortSignal | undefined } = {}): Promise<readonly Instance[]> {
    return await this.#until(() => this.#view.answered, options.signal);
  }

  /** The list as soon as it is not empty. @throws `CLOSED`; the signal's reason */
  async available(options: { signal?: AbortSignal | undefined } = {}): Promise<readonly Instance[]> {
    return await this.#until(() => this.#view.current.length > 0, options.signal);
  }

  /** The current list once known, then each change; a slow reader gets the latest and skips those between. */
  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Instance[], void, void> {
    let seen: readonly Instance[] | undefined;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const before = seen;
        await this.#until(() => this.#view.answered && this.#view.current !== before, undefined);
      } catch {
        return;
      }
      seen = this.current;
      yield seen;
    }
  }

  /** Ends it; iterations end, waiting calls reject with `CLOSED`. Any number of calls. */
  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new DiscoveryError("CLOSED", `the watch of ${this.service} is closed`));
    this.#release();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #until(reached: () => boolean, signal: AbortSignal | undefined): Promise<readonly Instance[]> {
    using until = new LinkedSignal(signal, this.#closing.signal);
    until.signal.throwIfAborted();
    if (reached()) return this.current;
    let off = (): void => {};
    const waiting = new Promise<void>((resolve) => {
      off = this.#view.onNews(() => reached() && resolve());
    });
    try {
      await abortable(waiting, until.signal);
    } finally {
      off();
    }
    return this.current;
  }
}
