import type { Clock } from "@minicluster/core";
import type { Instance } from "./instance.ts";
import type { Registrar } from "./registrar.ts";

/** What a source is asked to follow. */
export interface SourceQuery {
  readonly service: string;
  /** Only where answers carry no tags, so that the source itself must filter. */
  readonly tag?: string | undefined;
  /** Sort by round trip from this node; `_agent` for the one asked. */
  readonly near?: string | undefined;
}

/** Where a source puts what it learns. */
export interface SourceSink {
  /** `restarted`: the server lost its memory since the last answer. Returns whether anything changed. */
  found(instances: readonly Instance[], context: { restarted: boolean }): boolean;
  lost(error: unknown): void;
}

export interface SourceContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Where instances come from. `consul()`, `dns()` and `fixed()` make one. */
export interface Source {
  /** For errors and events: "Consul at http://127.0.0.1:8500". Never a secret. */
  readonly name: string;
  /** What an unreachable source is called in an error. */
  readonly unreachableCode: "CONSUL_UNREACHABLE" | "DNS_UNREACHABLE";
  /** Whether answers say the tags of an instance; if not, each tag is followed on its own. */
  readonly answersHaveTags: boolean;
  readonly supportsNear: boolean;
  /** Keeps `sink` up to date until the signal is aborted. Never rejects. */
  follow(query: SourceQuery, sink: SourceSink, context: SourceContext): Promise<void>;
  /** The address of a node. @throws DiscoveryError `NODE_UNKNOWN` and what the source throws */
  node(name: string, context: SourceContext): Promise<string>;
  /** How to announce there; undefined where that can't be done. */
  registrar(clock: Clock): Registrar | undefined;
  /** Tries at once whatever waits because the source was away. */
  nudge(): void;
  close(): void;
}
