import { checkServiceName } from "./announce-options.ts";
import { DiscoveryError, invalidOption } from "./errors.ts";
import type { Instance } from "./instance.ts";
import type { Source } from "./source.ts";

/** An instance as one writes it down. */
export interface FixedInstance {
  address: string;
  port: number;
  /** Default: address:port. */
  id?: string | undefined;
  /** Default: the address. */
  node?: string | undefined;
  tags?: readonly string[] | undefined;
  meta?: Readonly<Record<string, string>> | undefined;
}

export interface FixedOptions {
  services: Readonly<Record<string, readonly FixedInstance[]>>;
  /** Addresses of nodes by name. */
  nodes?: Readonly<Record<string, string>> | undefined;
}

/**
 * Instances from a list that never changes: for tests, and for what no Consul knows.
 *
 * @throws DiscoveryError `INVALID_OPTION`
 * @example fixed({ services: { mysql: [{ address: "10.0.0.5", port: 3306 }] } })
 */
export function fixed(options: FixedOptions): Source {
  const services = new Map<string, readonly Instance[]>();
  for (const [service, instances] of Object.entries(options.services)) {
    checkServiceName(service);
    services.set(service, Object.freeze(instances.map((instance) => instanceFrom(service, instance))));
  }
  const nodes = new Map(Object.entries(options.nodes ?? {}));
  const name = "the fixed list";
  return {
    name,
    unreachableCode: "CONSUL_UNREACHABLE",
    answersHaveTags: true,
    supportsNear: false,
    async follow({ service }, sink) {
      sink.found(services.get(service) ?? [], { restarted: false });
    },
    async node(node) {
      const address = nodes.get(node);
      if (address === undefined) throw new DiscoveryError("NODE_UNKNOWN", `${name} has no node ${node}`);
      return address;
    },
    registrar: () => undefined,
    nudge() {},
    close() {},
  };
}

function instanceFrom(service: string, { address, port, id, node, tags, meta }: FixedInstance): Instance {
  if (typeof address !== "string" || address === "") throw invalidOption(`services.${service}: an address is missing`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw invalidOption(`services.${service}: ${port} is not a port number`);
  }
  return Object.freeze({
    id: id ?? `${address}:${port}`,
    service,
    node: node ?? address,
    address,
    port,
    tags: Object.freeze([...(tags ?? [])]),
    meta: Object.freeze({ ...meta }),
    status: "passing",
  });
}
