import { abortable, type Clock, Deadline, type Freshness, kindOf } from "@minicluster/core";
import type { Feed, FeedNews } from "./feed.ts";
import { filterInstances, type Instance, type InstanceFilter, sameInstances } from "./instance.ts";

export interface ViewChange {
  readonly instances: readonly Instance[];
  readonly previous: readonly Instance[];
}

/** For this long after the last instance went away it is still somebody to try. */
const lastResortMs = 10_000;

const none: readonly Instance[] = Object.freeze([]);

/** What one filter leaves of a feed: the local table that look-ups are answered from. */
export class View {
  readonly feed: Feed;
  readonly #filter: InstanceFilter;
  readonly #clock: Clock;
  readonly #changes = new Set<(change: ViewChange) => void>();
  readonly #news = new Set<() => void>();
  readonly #off: () => void;
  #current: readonly Instance[] = none;
  #lastKnown: readonly Instance[] = none;
  #answered = false;
  #doubted = false;
  #lastResort: Deadline | undefined;
  #cancelSecondLook: () => void = () => {};

  constructor(feed: Feed, filter: InstanceFilter, clock: Clock) {
    this.feed = feed;
    this.#filter = filter;
    this.#clock = clock;
    this.#off = feed.listen((news) => this.#hear(news));
    if (feed.instances !== undefined) this.#look();
  }

  get answered(): boolean {
    return this.#answered;
  }

  get current(): readonly Instance[] {
    return this.#current;
  }

  /** The last list that was not empty. */
  get lastKnown(): readonly Instance[] {
    return this.#lastKnown;
  }

  /**
   * Whom to try where nobody is usable: the last known list, for a while after it emptied (a service that is registered
   * anew is gone for a moment), then those whose checks are critical. They may be well before their next check says so,
   * and their own answer tells more than ours would.
   */
  get lastResort(): readonly Instance[] {
    if (this.#current.length > 0) return none;
    if (this.#lastResort?.passed === false) return this.#lastKnown;
    return filterInstances(this.feed.instances ?? none, { ...this.#filter, status: "any" });
  }

  get state(): Freshness {
    const { state } = this.feed;
    return state === "fresh" && this.#doubted ? "stale" : state;
  }

  onChange(listener: (change: ViewChange) => void): () => void {
    this.#changes.add(listener);
    return () => void this.#changes.delete(listener);
  }

  /** Every answer and every failure, whether or not it changed anything. */
  onNews(listener: () => void): () => void {
    this.#news.add(listener);
    return () => void this.#news.delete(listener);
  }

  /** Waits for the first answer. @throws what the source refuses with, at once; the signal's reason */
  async firstAnswer(signal: AbortSignal): Promise<void> {
    if (this.#answered) return;
    let off = (): void => {};
    const waiting = new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (this.#answered) resolve();
        else if (kindOf(this.feed.error) === "refused") reject(this.feed.error);
      };
      off = this.onNews(look);
      look();
    });
    try {
      await abortable(waiting, signal);
    } finally {
      off();
    }
  }

  close(): void {
    this.#off();
    this.#cancelSecondLook();
    this.#changes.clear();
    this.#news.clear();
  }

  #hear(news: FeedNews): void {
    if (news.what !== "lost") this.#look();
    for (const listener of [...this.#news]) listener();
  }

  #look(): void {
    const found = filterInstances(this.feed.instances ?? none, this.#filter);
    this.#cancelSecondLook();
    this.#answered = true;
    const doubtMs = found.length === 0 && this.#current.length > 0 ? this.feed.disbeliefMs : 0;
    this.#doubted = doubtMs > 0;
    if (this.#doubted) {
      this.#cancelSecondLook = this.#clock.after(doubtMs, () => this.#look());
      return;
    }
    const previous = this.#current;
    if (sameInstances(previous, found)) return;
    this.#current = Object.freeze([...found]);
    if (found.length > 0) this.#lastKnown = this.#current;
    else this.#lastResort = new Deadline(this.#clock, lastResortMs);
    for (const listener of [...this.#changes]) listener({ instances: this.#current, previous });
  }
}
