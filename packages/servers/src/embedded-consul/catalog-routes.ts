import { type CatalogService, type Instance, inOrder, type NodeEntry } from "./catalog-entry.ts";
import { hasTags, nearFirst, nodeMetaFilter } from "./catalog-filter.ts";
import { latest, serviceIndex } from "./catalog-index.ts";
import { catalogTopics } from "./catalog-table.ts";
import { ConsulFailure } from "./failure.ts";
import type { AgentRequest, Route } from "./route.ts";
import type { State } from "./state.ts";

/** Reads of the catalog. https://developer.hashicorp.com/consul/api-docs/catalog */
export const catalogRoutes: readonly Route[] = [
  {
    methods: ["GET"],
    path: "/v1/catalog/datacenters",
    handle: async ({ agent, signal }) => {
      await agent.servers.reach(signal);
      return { json: ["dc1"] };
    },
  },
  {
    methods: ["GET"],
    path: "/v1/catalog/nodes",
    handle: (request) => {
      const fits = nodeMetaFilter(request.query);
      return request.read((state) => {
        const nodes = state.catalog.nodes().map(({ node }) => node);
        const kept = fits ? nodes.filter(fits) : nodes;
        const near = { state, agent: request.agent, query: request.query };
        const json = nearFirst(kept, ({ Node }) => Node, near);
        return { index: state.topics.modified("nodes"), topics: ["nodes"], json };
      });
    },
  },
  {
    methods: ["GET"],
    path: "/v1/catalog/services",
    handle: (request) => {
      const fits = nodeMetaFilter(request.query);
      const tables = fits ? ["services", "nodes"] : ["services"];
      return request.read((state) => {
        const names = new Map<string, Set<string>>();
        for (const instances of state.catalog.services()) addTags(names, instances, fits);
        return { index: latest(state.topics, tables), topics: tables, json: sorted(names) };
      });
    },
  },
  {
    methods: ["GET"],
    path: "/v1/catalog/service/",
    handle: (request) => {
      const { query, rest: name } = request;
      if (name === "") throw new ConsulFailure(400, "Missing service name");
      const fits = nodeMetaFilter(query);
      return request.read((state) => {
        const instances = state.catalog.instances(name);
        const exists = instances.length > 0;
        const topics = [catalogTopics.instances(name)];
        const at = serviceIndex(state, { name, exists, tables: ["nodes", "services"], topics });
        return { ...at, json: chosen(request, state, instances, fits).map(flat) };
      });
    },
  },
  {
    methods: ["GET"],
    path: "/v1/catalog/node/",
    handle: (request) =>
      ofNode(request, ({ node, services }) => ({
        Node: node,
        Services: Object.fromEntries([...services.values()].map((service) => [service.ID, service])),
      })),
  },
  {
    methods: ["GET"],
    path: "/v1/catalog/node-services/",
    handle: (request) =>
      ofNode(
        request,
        ({ node, services }) => ({ Node: node, Services: services.size === 0 ? null : inOrder(services) }),
        { Node: null, Services: null },
      ),
  },
];

/** The instances that the parameters choose, in the order they ask for. */
export function chosen(
  { agent, query }: AgentRequest,
  state: State,
  instances: readonly Instance[],
  fits: ReturnType<typeof nodeMetaFilter>,
): readonly Instance[] {
  const tags = query.all("tag");
  const kept = instances.filter(
    ({ entry, service }) => hasTags(service.Tags, tags) && (fits === undefined || fits(entry.node)),
  );
  return nearFirst(kept, ({ entry }) => entry.node.Node, { state, agent, query });
}

function addTags(
  names: Map<string, Set<string>>,
  instances: Iterable<Instance>,
  fits: ReturnType<typeof nodeMetaFilter>,
): void {
  for (const { entry, service } of instances) {
    if (fits && !fits(entry.node)) continue;
    const tags = names.get(service.Service) ?? new Set();
    names.set(service.Service, tags);
    for (const tag of service.Tags) tags.add(tag);
  }
}

function sorted(names: ReadonlyMap<string, ReadonlySet<string>>): Record<string, string[]> {
  const entries = [...names].map(([name, tags]): [string, string[]] => [name, [...tags]]);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function flat({ entry: { node }, service }: Instance): object {
  return {
    ID: node.ID,
    Node: node.Node,
    Address: node.Address,
    Datacenter: node.Datacenter,
    TaggedAddresses: node.TaggedAddresses,
    NodeMeta: node.Meta,
    ServiceKind: "",
    ...flatService(service),
  };
}

function flatService(service: CatalogService): object {
  return {
    ServiceID: service.ID,
    ServiceName: service.Service,
    ServiceTags: service.Tags,
    ServiceAddress: service.Address,
    ServiceTaggedAddresses: service.TaggedAddresses,
    ServiceWeights: service.Weights,
    ServiceMeta: service.Meta ?? {},
    ServicePort: service.Port,
    ServiceEnableTagOverride: service.EnableTagOverride,
    ServiceProxy: service.Proxy,
    ServiceConnect: service.Connect,
    CreateIndex: service.CreateIndex,
    ModifyIndex: service.ModifyIndex,
  };
}

/** Of one node, by its name, or by the beginning of its id when no node has that name. */
function ofNode(
  request: AgentRequest,
  show: (entry: NodeEntry) => unknown,
  nothing: unknown = null,
): ReturnType<Route["handle"]> {
  const { rest: name } = request;
  if (name === "") throw new ConsulFailure(400, "Missing node name");
  return request.read((state) => {
    const entry = state.catalog.node(name) ?? byId(state, name);
    const topics = [catalogTopics.node(entry?.node.Node ?? name)];
    if (!entry) return { index: 0, topics, json: nothing };
    return { index: latest(state.topics, ["nodes", "services"]), topics, json: show(entry) };
  });
}

/** By whole bytes of an id, one at least, that only one node's begins with. */
function byId({ catalog }: State, start: string): NodeEntry | undefined {
  const whole = catalog.nodeById(start);
  if (whole) return whole;
  const digits = hex(start.slice(0, start.length - (start.length % 2)));
  if (digits.length < 2 || digits.length % 2 !== 0 || /[^0-9a-f]/.test(digits)) return undefined;
  const fitting = catalog.nodes().filter(({ node }) => hex(node.ID).startsWith(digits));
  return fitting.length === 1 ? fitting[0] : undefined;
}

function hex(id: string): string {
  return id.toLowerCase().replaceAll("-", "");
}
