import type { Instance, Source } from "@minicluster/discovery";

type Sink = Parameters<Source["follow"]>[1];

/** Where a service is. */
export interface Listed {
  id: string;
  address: string;
  port: number;
}

/** What Consul would say: lists that change when the simulation says so, and that nobody can ask for a while. */
export class SimulatedCatalog {
  readonly source: Source;
  /** The port of each service's first instance, as the process was told last. */
  readonly told = new Map<string, number>();
  readonly #services = new Map<string, readonly Listed[]>();
  readonly #sinks = new Map<Sink, string>();
  readonly #deliver: (run: () => void) => void;
  #away = false;

  /** @param deliver hands an answer to the process when it is awake */
  constructor(deliver: (run: () => void) => void) {
    this.#deliver = deliver;
    this.source = {
      name: "the simulated catalog",
      unreachableCode: "CONSUL_UNREACHABLE",
      answersHaveTags: true,
      supportsNear: false,
      follow: async ({ service }, sink, { signal }) => {
        this.#sinks.set(sink, service);
        signal.addEventListener("abort", () => this.#sinks.delete(sink), { once: true });
        this.#tell(sink);
      },
      node: async () => "127.0.0.1",
      registrar: () => undefined,
      nudge: () => {},
      close: () => {},
    };
  }

  set(service: string, instances: readonly Listed[]): void {
    this.#services.set(service, instances);
    for (const [sink, of] of this.#sinks) if (of === service) this.#tell(sink);
  }

  away(): void {
    this.#away = true;
    for (const sink of this.#sinks.keys()) this.#tell(sink);
  }

  back(): void {
    this.#away = false;
    for (const sink of this.#sinks.keys()) this.#tell(sink);
  }

  #tell(sink: Sink): void {
    this.#deliver(() => {
      const service = this.#sinks.get(sink);
      if (service === undefined) return;
      if (this.#away) {
        sink.lost(new Error("the simulated catalog is away"));
        return;
      }
      const instances = this.#services.get(service) ?? [];
      for (const { port } of instances.slice(0, 1)) this.told.set(service, port);
      const found = instances.map((listed) => whole(service, listed));
      sink.found(found, { restarted: false });
    });
  }
}

function whole(service: string, { id, address, port }: Listed): Instance {
  return { id, service, node: id, address, port, tags: [], meta: {}, status: "passing" };
}
