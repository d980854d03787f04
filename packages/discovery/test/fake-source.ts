import type { Instance } from "../src/instance.ts";
import type { Registrar } from "../src/registrar.ts";
import type { Source, SourceQuery, SourceSink } from "../src/source.ts";

/** A source that a test speaks through. */
export interface FakeSource extends Source {
  readonly followed: SourceQuery[];
  readonly sinks: SourceSink[];
  /** Tells every follower. */
  find(instances: readonly Instance[], context?: { restarted: boolean }): void;
  lose(error?: unknown): void;
}

export function fakeSource(options: { registrar?: Registrar } = {}): FakeSource {
  const followed: SourceQuery[] = [];
  const sinks: SourceSink[] = [];
  return {
    name: "the fake source",
    unreachableCode: "CONSUL_UNREACHABLE",
    answersHaveTags: true,
    supportsNear: true,
    followed,
    sinks,
    async follow(query, sink, { signal }) {
      followed.push(query);
      sinks.push(sink);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      sinks.splice(sinks.indexOf(sink), 1);
    },
    async node() {
      return "10.0.0.1";
    },
    registrar: () => options.registrar,
    nudge() {},
    close() {},
    find(instances, context = { restarted: false }) {
      for (const sink of [...sinks]) sink.found(instances, context);
    },
    lose(error = new Error("away")) {
      for (const sink of [...sinks]) sink.lost(error);
    },
  };
}
