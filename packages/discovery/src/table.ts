import type { Clock } from "@minicluster/core";
import { checkServiceName } from "./announce-options.ts";
import { DiscoveryError, invalidOption } from "./errors.ts";
import { Feed, type FeedOptions } from "./feed.ts";
import type { StatusFilter } from "./instance.ts";
import { SharedMap } from "./shared-map.ts";
import type { Source, SourceQuery } from "./source.ts";
import { View, type ViewChange } from "./view.ts";

/** Which instances of a service. */
export interface ServiceFilter {
  tag?: string | undefined;
  /** Sort by round trip from this node; `_agent` for the agent's own. Consul only. */
  near?: string | undefined;
  /** Default `usable`. */
  status?: StatusFilter | undefined;
}

export interface TableOptions extends Pick<FeedOptions, "onStale" | "onFresh"> {
  source: Source;
  clock: Clock;
  random: () => number;
  onChange: (change: ViewChange & { service: string; tag: string | undefined }) => void;
}

/** After this long without a look-up, a service without instances is followed no more. */
const unusedMs = 600_000;

/** The local table: one feed a query, one view a filter, each kept while somebody uses it. */
export class Table {
  readonly #options: TableOptions;
  readonly #feeds = new SharedMap<Feed>();
  readonly #views = new SharedMap<View>();
  /** Views that look-ups made: kept, but for those of services that nobody announces or asks for any more. */
  readonly #kept = new Map<string, { readonly view: View; readonly release: () => void; usedAtMs: number }>();
  #closed = false;

  constructor(options: TableOptions) {
    this.#options = options;
  }

  /** The view for a look-up; the same one each time. @throws `INVALID_OPTION`, `UNSUPPORTED`, `CLOSED` */
  view(service: string, filter: ServiceFilter): View {
    const key = viewKey(service, filter);
    const usedAtMs = this.#options.clock.monotonic();
    const kept = this.#kept.get(key);
    if (kept) {
      kept.usedAtMs = usedAtMs;
      return kept.view;
    }
    this.#forgetUnused(usedAtMs);
    const { view, release } = this.useView(service, filter);
    this.#kept.set(key, { view, release, usedAtMs });
    return view;
  }

  /** The view, to be given back by `release`. @throws as `view` */
  useView(service: string, filter: ServiceFilter): { view: View; release: () => void } {
    this.#check(service, filter);
    const { value, release } = this.#views.use(viewKey(service, filter), () => this.#makeView(service, filter));
    return { view: value, release };
  }

  /** The feed of a query, started, to be given back by `release`. @throws `CLOSED` */
  useFeed(query: SourceQuery): { feed: Feed; release: () => void } {
    if (this.#closed) throw new DiscoveryError("CLOSED", "the discovery is closed");
    const key = [query.service.toLowerCase(), query.tag ?? "", query.near ?? ""].join("\0");
    const { source, clock, random, onStale, onFresh } = this.#options;
    const { value, release } = this.#feeds.use(key, () => {
      const feed = new Feed({ source, query, clock, random, onStale, onFresh });
      // A turn later, so that whoever asked listens by then.
      queueMicrotask(() => feed.start());
      return { value: feed, end: () => void feed.close() };
    });
    return { feed: value, release };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#kept.clear();
    for (const view of this.#views.clear()) view.close();
    await Promise.all(this.#feeds.clear().map((feed) => feed.close()));
  }

  /** So that names that were mistyped, or made up by a client, are not followed for ever. */
  #forgetUnused(nowMs: number): void {
    for (const [key, { view, release, usedAtMs }] of this.#kept) {
      if (view.current.length > 0 || nowMs - usedAtMs < unusedMs) continue;
      this.#kept.delete(key);
      release();
    }
  }

  #makeView(service: string, filter: ServiceFilter): { value: View; end: () => void } {
    const { source, clock, onChange } = this.#options;
    const { tag, near, status = "usable" } = filter;
    const byUs = source.answersHaveTags;
    const { feed, release } = this.useFeed(byUs ? { service, near } : { service, tag });
    const view = new View(feed, { tag: byUs ? tag : undefined, status }, clock);
    view.onChange((change) => onChange({ service, tag, ...change }));
    const end = (): void => {
      view.close();
      release();
    };
    return { value: view, end };
  }

  #check(service: string, { tag, near, status = "usable" }: ServiceFilter): void {
    if (this.#closed) throw new DiscoveryError("CLOSED", "the discovery is closed");
    checkServiceName(service);
    if (tag !== undefined && !/^[^\s/]+$/.test(tag)) throw invalidOption(`tag: ${JSON.stringify(tag)} is no tag`);
    if (status !== "usable" && status !== "any") {
      throw invalidOption(`status: ${JSON.stringify(status)} is neither "usable" nor "any"`);
    }
    const { source } = this.#options;
    if (near !== undefined && !source.supportsNear) {
      throw new DiscoveryError("UNSUPPORTED", `near: ${source.name} can't sort by round trip; Consul over HTTP can`);
    }
  }
}

function viewKey(service: string, { tag, near, status = "usable" }: ServiceFilter): string {
  // Nearly every look-up; a name holds no \0, and a text that need not be made need not be hashed either.
  if (tag === undefined && near === undefined && status === "usable") return service;
  return `${service}\0${tag ?? ""}\0${near ?? ""}\0${status}`;
}
