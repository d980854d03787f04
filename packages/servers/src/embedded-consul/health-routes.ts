import type { CatalogCheck, Instance } from "./catalog-entry.ts";
import { nearFirst, nodeMetaFilter } from "./catalog-filter.ts";
import { serviceIndex } from "./catalog-index.ts";
import { chosen } from "./catalog-routes.ts";
import { catalogTopics } from "./catalog-table.ts";
import { ConsulFailure } from "./failure.ts";
import type { AgentRequest, Route } from "./route.ts";
import type { State } from "./state.ts";
import { parseBool } from "./wire-bool.ts";

/** https://developer.hashicorp.com/consul/api-docs/health */
export const healthRoutes: readonly Route[] = [
  {
    methods: ["GET"],
    path: "/v1/health/service/",
    handle: (request) => {
      const { query, rest: name } = request;
      if (name === "") throw new ConsulFailure(400, "Missing service name");
      const fits = nodeMetaFilter(query);
      const passing = query.has("passing") && (query.get("passing") === "" || parseBool(query.get("passing")));
      if (passing === undefined) throw new ConsulFailure(400, "Invalid value for ?passing");
      return request.read((state) => {
        const instances = state.catalog.instances(name);
        const exists = instances.length > 0;
        const topics = [catalogTopics.service(name)];
        const at = serviceIndex(state, { name, exists, tables: ["nodes", "services", "checks"], topics });
        const found = chosen(request, state, instances, fits).map((instance) => withChecks(state, instance));
        return { ...at, json: passing ? onlyPassing(found) : found };
      });
    },
  },
  {
    methods: ["GET"],
    path: "/v1/health/checks/",
    handle: (request) => {
      const { rest: name } = request;
      if (name === "") throw new ConsulFailure(400, "Missing service name");
      const fits = nodeMetaFilter(request.query);
      return request.read((state) => {
        const checks = state.catalog.checksOfService(name);
        const topics = [catalogTopics.checksOfService(name)];
        if (!fits) return { index: state.topics.modified("checks"), topics, json: near(request, state, checks) };
        const tables = ["nodes", "services", "checks"];
        const { index } = serviceIndex(state, { name, exists: true, tables, topics });
        return { index, topics, json: near(request, state, fitting(state, checks, fits)) };
      });
    },
  },
  {
    methods: ["GET"],
    path: "/v1/health/node/",
    handle: (request) => {
      const { rest: name } = request;
      if (name === "") throw new ConsulFailure(400, "Missing node name");
      return request.read(({ catalog, topics }) => {
        const checks = [...(catalog.node(name)?.checks ?? [])].sort(([one], [other]) => (one < other ? -1 : 1));
        const json = checks.map(([, check]) => check);
        return { index: topics.modified("checks"), topics: [catalogTopics.checksOfNode(name)], json };
      });
    },
  },
  {
    methods: ["GET"],
    path: "/v1/health/state/",
    handle: (request) => {
      const { rest: status } = request;
      if (status === "") throw new ConsulFailure(400, "Missing check state");
      const fits = nodeMetaFilter(request.query);
      return request.read((state) => {
        const checks = status === "any" ? state.catalog.checks() : state.catalog.checksInState(status);
        const topics = [status === "any" ? "checks" : catalogTopics.status(status)];
        const json = near(request, state, fits ? fitting(state, checks, fits) : checks);
        return { index: state.topics.modified("checks"), topics, json };
      });
    },
  },
];

interface Found {
  Node: object;
  Service: object;
  Checks: readonly CatalogCheck[];
}

function withChecks({ catalog }: State, instance: Instance): Found {
  return { Node: instance.entry.node, Service: instance.service, Checks: catalog.checksOf(instance) };
}

/** Instances of which no check is anything else; the last one takes the place of one that is dropped, as in Consul. */
function onlyPassing(found: readonly Found[]): Found[] {
  const kept = [...found];
  for (let at = 0; at < kept.length; at += 1) {
    if (kept[at]?.Checks.every(({ Status }) => Status === "passing")) continue;
    const last = kept.pop();
    if (at < kept.length && last) kept[at] = last;
    at -= 1;
  }
  return kept;
}

function fitting(
  { catalog }: State,
  checks: readonly CatalogCheck[],
  fits: NonNullable<ReturnType<typeof nodeMetaFilter>>,
): CatalogCheck[] {
  return checks.filter(({ Node }) => {
    const entry = catalog.node(Node);
    return entry !== undefined && fits(entry.node);
  });
}

function near({ agent, query }: AgentRequest, state: State, checks: readonly CatalogCheck[]): readonly CatalogCheck[] {
  return nearFirst(checks, ({ Node }) => Node, { state, agent, query });
}
