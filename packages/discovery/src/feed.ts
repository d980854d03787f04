import { type Clock, Deadline, type Freshness } from "@minicluster/core";
import { type Instance, sameInstances } from "./instance.ts";
import type { Source, SourceQuery, SourceSink } from "./source.ts";

/** One answer, or the lack of one, told to every view of a feed. */
export interface FeedNews {
  /** `back`: the first answer after the source was away or had restarted. `lost`: a try failed. */
  readonly what: "found" | "back" | "lost";
  readonly changed: boolean;
}

export interface FeedOptions {
  source: Source;
  query: SourceQuery;
  clock: Clock;
  random: () => number;
  /** The source went away (once a time), or came back. */
  onStale: (event: { service: string; source: string; error: unknown }) => void;
  onFresh: (event: { service: string; source: string }) => void;
}

/**
 * For this long after an agent restarted an emptied list is not believed: checks start critical there, and services
 * are registered anew.
 */
const disbeliefMs = 10_000;

/** One query that a source follows: the last good answer, and how good it still is. */
export class Feed implements SourceSink {
  readonly query: SourceQuery;
  readonly #options: FeedOptions;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<(news: FeedNews) => void>();
  #following: Promise<void> | undefined;
  #instances: readonly Instance[] | undefined;
  #away = false;
  #error: unknown;
  #disbelief: Deadline | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.query = options.query;
  }

  /** The last good answer; undefined before the first. */
  get instances(): readonly Instance[] | undefined {
    return this.#instances;
  }

  get state(): Freshness {
    if (this.#instances === undefined) return "expired";
    return this.#away ? "stale" : "fresh";
  }

  /** Why the source is away, while it is. */
  get error(): unknown {
    return this.#away ? this.#error : undefined;
  }

  /** Milliseconds for which an emptied list is not believed. */
  get disbeliefMs(): number {
    return Math.max(0, this.#disbelief?.remainingMs ?? 0);
  }

  start(): void {
    const { source, clock, random } = this.#options;
    this.#following ??= source.follow(this.query, this, { clock, random, signal: this.#closing.signal });
  }

  listen(listener: (news: FeedNews) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  found(instances: readonly Instance[], context: { restarted: boolean }): boolean {
    if (this.#closing.signal.aborted) return false;
    // Without `near` the order means nothing, and must not look like a change.
    const ordered = this.query.near === undefined ? [...instances].sort(byIdentity) : instances;
    const before = this.#instances;
    const wasAway = this.#away;
    const changed = before === undefined || !sameInstances(before, ordered);
    const back = before !== undefined && (wasAway || context.restarted);
    if (back) this.#disbelief = new Deadline(this.#options.clock, disbeliefMs);
    if (changed) this.#instances = Object.freeze(ordered);
    this.#away = false;
    const { source, onFresh } = this.#options;
    if (wasAway) onFresh({ service: this.query.service, source: source.name });
    this.#tell({ what: wasAway || back ? "back" : "found", changed });
    return changed;
  }

  lost(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    const wasAway = this.#away;
    this.#away = true;
    this.#error = error;
    const { source, onStale } = this.#options;
    if (!wasAway) onStale({ service: this.query.service, source: source.name, error });
    this.#tell({ what: "lost", changed: false });
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("closed"));
    this.#listeners.clear();
    await this.#following;
  }

  #tell(news: FeedNews): void {
    for (const listener of [...this.#listeners]) listener(news);
  }
}

function byIdentity(one: Instance, other: Instance): number {
  const [a, b] = [`${one.node}\0${one.id}`, `${other.node}\0${other.id}`];
  return a < b ? -1 : a > b ? 1 : 0;
}
