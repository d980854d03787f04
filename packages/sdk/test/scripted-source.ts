import { Discovery, type Instance, type Source } from "@minicluster/discovery";

/** A source whose answers the test says. */
export function scripted(): {
  discovery: Discovery;
  found: (...instances: Partial<Instance>[]) => void;
  lost: () => void;
} {
  const sinks: {
    found(instances: readonly Instance[], context: { restarted: boolean }): boolean;
    lost(error: unknown): void;
  }[] = [];
  const source: Source = {
    name: "the test",
    unreachableCode: "CONSUL_UNREACHABLE",
    answersHaveTags: true,
    supportsNear: true,
    follow: async (_query, sink) => void sinks.push(sink),
    node: async () => "127.0.0.1",
    registrar: () => undefined,
    nudge: () => {},
    close: () => {},
  };
  return {
    discovery: new Discovery({ source }),
    found: (...instances) => {
      for (const sink of sinks) sink.found(instances.map(whole), { restarted: false });
    },
    lost: () => {
      for (const sink of sinks) sink.lost(new Error("away"));
    },
  };
}

function whole(instance: Partial<Instance>): Instance {
  const { address = "10.0.0.1", port = 1, id = `${address}:${port}` } = instance;
  return { service: "s", node: "n", tags: [], meta: {}, status: "passing", ...instance, id, address, port };
}
