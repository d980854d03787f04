import { createHash } from "node:crypto";
import { bodyOf } from "./agent-body.ts";
import { byId } from "./agent-routes.ts";
import type { Answer } from "./answer.ts";
import type { CatalogService } from "./catalog-entry.ts";
import { type ServiceDefinitionBody, serviceDefinition } from "./catalog-shapes.ts";
import { refuseForeign } from "./catalog-write-routes.ts";
import { checkSpecOf, checkStatuses } from "./check-spec.ts";
import { patienceOf } from "./consistency.ts";
import { ConsulFailure } from "./failure.ts";
import type { LocalCheck } from "./local-services.ts";
import { enableOf, maintenanceReason } from "./maintenance.ts";
import type { AgentRequest, Route } from "./route.ts";
import { metaFault } from "./service-meta.ts";
import { weightsFault } from "./service-weights.ts";
import { isAnyAddress, taggedAddresses } from "./wire-address.ts";

/** A service that is registered with an agent. */
export type LocalService = Omit<CatalogService, "CreateIndex" | "ModifyIndex">;

/** Services of this agent. https://developer.hashicorp.com/consul/api-docs/agent/service */
export const agentServiceRoutes: readonly Route[] = [
  {
    methods: ["GET"],
    path: "/v1/agent/services",
    handle: ({ agent }) => ({
      json: Object.fromEntries([...agent.local.services].sort(byId).map(([id, service]) => [id, toldService(service)])),
    }),
  },
  { methods: ["GET"], path: "/v1/agent/service/", handle: (request) => oneService(request) },
  {
    methods: ["PUT"],
    path: "/v1/agent/service/register",
    handle: async (request) => {
      const body = await bodyOf(request, serviceDefinition);
      refuseForeign(body);
      const { service, checks } = definitionOf(body);
      const { local, name: node } = request.agent;
      const replace =
        request.query.has("replace-existing-checks") &&
        ["", "true"].includes(request.query.get("replace-existing-checks"));
      const before = local.checksOf(service.ID).map(({ check }) => check.CheckID);
      local.setService(service);
      const ids = checks.map(({ id, check, spec }) => {
        local.setCheck({ ...check, Node: node, CheckID: id }, spec);
        return id;
      });
      if (replace) for (const id of before) if (!ids.includes(id)) local.removeCheck(id);
      await request.agent.sync(request.signal);
      return {};
    },
  },
  {
    methods: ["PUT"],
    path: "/v1/agent/service/deregister/",
    handle: async ({ agent, rest: id, signal }) => {
      if (id === "") throw new ConsulFailure(500, "ServiceID missing");
      agent.local.removeService(id);
      await agent.sync(signal);
      return {};
    },
  },
  {
    methods: ["PUT"],
    path: "/v1/agent/service/maintenance/",
    handle: async ({ agent, query, rest: id, signal }) => {
      if (id === "") throw new ConsulFailure(400, "Missing service ID");
      const enable = enableOf(query);
      const service = agent.local.services.get(id);
      if (!service) throw new ConsulFailure(404, `No service registered with ID ${JSON.stringify(id)}`);
      const checkId = `_service_maintenance:${id}`;
      if (!enable) agent.local.removeCheck(checkId);
      else if (!agent.local.checks.has(checkId)) {
        const reason = query.get("reason") || maintenanceReason("service");
        const check = { Node: agent.name, CheckID: checkId, Name: "Service Maintenance Mode", Notes: reason };
        const of = { ServiceID: id, ServiceName: service.Service, ServiceTags: service.Tags };
        agent.local.setCheck(
          { ...check, ...of, Status: "critical", Output: "", Type: "maintenance", Definition: {} },
          undefined,
        );
      }
      await agent.sync(signal);
      return {};
    },
  },
];

/** What is registered: validated whole, before anything is changed. @throws ConsulFailure 400, 500, 501 */
function definitionOf(body: ServiceDefinitionBody): {
  service: LocalService;
  checks: { id: string; check: Omit<LocalCheck["check"], "Node" | "CheckID">; spec: LocalCheck["spec"] }[];
} {
  if (body.Name === "") throw new ConsulFailure(400, "Missing service name");
  if (isAnyAddress(body.Address)) throw new ConsulFailure(400, "Invalid service address");
  const weights = body.Weights && weightsFault(body.Weights);
  if (weights) throw new ConsulFailure(400, `Invalid Weights: ${weights}`);
  const meta = metaFault(body.Meta);
  if (meta) throw new ConsulFailure(400, `Invalid Service Meta: ${meta}`);
  const bodies = [...(body.Check && !isBlank(body.Check) ? [body.Check] : []), ...(body.Checks ?? [])].filter(
    (check) => check !== undefined,
  );
  const specs = bodies.map((check) => ({ check, spec: checkSpecOf(check) }));
  for (const { Status } of bodies) {
    if (Status !== "" && !checkStatuses.includes(Status)) {
      throw new ConsulFailure(400, "Status for checks must 'passing', 'warning', 'critical'");
    }
  }
  const service = serviceOf(body);
  const checks = specs.map(({ check, spec }, at) => ({
    id: check.CheckID || `service:${service.ID}${bodies.length > 1 ? `:${at + 1}` : ""}`,
    spec,
    check: {
      Name: check.Name || `Service '${service.Service}' check`,
      Status: check.Status || "critical",
      Notes: check.Notes,
      Output: "",
      ServiceID: service.ID,
      ServiceName: service.Service,
      ServiceTags: service.Tags,
      Type: spec.type,
      Definition: {},
    },
  }));
  return { service, checks };
}

function isBlank(check: NonNullable<ServiceDefinitionBody["Check"]>): boolean {
  return Object.values(check).every((part) => part === "" || part === 0 || part === false || part === undefined);
}

function serviceOf(body: ServiceDefinitionBody): LocalService {
  const tagged = taggedAddresses(body.Address, body.Port, body.TaggedAddresses ?? body.tagged_addresses);
  return Object.freeze({
    ID: body.ID || body.Name,
    Service: body.Name,
    Tags: body.Tags ?? [],
    Address: body.Address,
    ...(tagged && { TaggedAddresses: tagged }),
    Meta: body.Meta ?? null,
    Port: body.Port,
    Weights: body.Weights ?? { Passing: 1, Warning: 1 },
    EnableTagOverride: body.EnableTagOverride || body.enable_tag_override,
    Proxy: { MeshGateway: {}, Expose: {} },
    Connect: {},
  });
}

/** A service, as its own agent tells it. */
export function toldService(service: LocalService): Record<string, unknown> {
  const { ID, Service, Tags, Meta, Port, Address, TaggedAddresses, Weights, EnableTagOverride } = service;
  return { ID, Service, Tags, Meta: Meta ?? {}, Port, Address, TaggedAddresses, Weights, EnableTagOverride };
}

/** With `?hash=` of the last answer it waits until the service is another one, or `?wait=` is over. */
async function oneService({ agent, query, rest: id, signal }: AgentRequest): Promise<Answer> {
  const { waitMs } = patienceOf(query);
  const look = (): { json: Record<string, unknown>; hash: string } => {
    const service = agent.local.services.get(id);
    if (!service) throw new ConsulFailure(404, `unknown service ID: ${id}`);
    const json = toldService(service);
    const hash = createHash("sha256").update(JSON.stringify(json)).digest("hex").slice(0, 16);
    return { json, hash };
  };
  let found = look();
  const end = agent.clock.monotonic() + waitMs;
  while (found.hash === query.get("hash") && agent.clock.monotonic() < end && !signal.aborted) {
    await agent.local.changeOf(id, end - agent.clock.monotonic(), signal);
    found = look();
  }
  return { json: { ...found.json, ContentHash: found.hash }, headers: { "X-Consul-ContentHash": found.hash } };
}
