import { bodyOf } from "./agent-body.ts";
import type { Answer } from "./answer.ts";
import { checkDefinition } from "./catalog-shapes.ts";
import { checkSpecOf, checkStatuses } from "./check-spec.ts";
import { ConsulFailure } from "./failure.ts";
import { enableOf, maintenanceReason } from "./maintenance.ts";
import type { AgentRequest, Route } from "./route.ts";
import { string, struct } from "./shape.ts";

const verdicts = { pass: "passing", warn: "warning", fail: "critical" } as const;
const checkUpdate = struct<{ Status: string; Output: string }>(
  { goType: "agent.checkUpdate" },
  { Status: string, Output: string },
);
const nodeMaintenance = "_node_maintenance";

/** Checks of this agent. https://developer.hashicorp.com/consul/api-docs/agent/check */
export const agentCheckRoutes: readonly Route[] = [
  {
    methods: ["PUT"],
    path: "/v1/agent/check/register",
    handle: async (request) => {
      const body = await bodyOf(request, checkDefinition);
      const { local, name } = request.agent;
      if (body.Name === "") throw new ConsulFailure(400, "Missing check name");
      if (body.Status !== "" && !checkStatuses.includes(body.Status)) throw new ConsulFailure(400, "Bad check status");
      const spec = checkSpecOf(body);
      const serviceId = body.ServiceID || body.service_id;
      const service = local.services.get(serviceId);
      if (serviceId !== "" && !service) {
        throw new ConsulFailure(500, `ServiceID ${JSON.stringify(serviceId)} does not exist`);
      }
      const check = {
        Node: name,
        CheckID: body.ID || body.Name,
        Name: body.Name,
        Status: body.Status || "critical",
        Notes: body.Notes,
        Output: "",
        ServiceID: serviceId,
        ServiceName: service?.Service ?? "",
        ServiceTags: service?.Tags ?? [],
        Type: spec.type,
        Definition: {},
      };
      local.setCheck(check, spec);
      await request.agent.sync(request.signal);
      return {};
    },
  },
  {
    methods: ["PUT"],
    path: "/v1/agent/check/deregister/",
    handle: async ({ agent, rest: id, signal }) => {
      if (id === "") throw new ConsulFailure(500, "CheckID missing");
      agent.local.removeCheck(id);
      await agent.sync(signal);
      return {};
    },
  },
  ...Object.entries(verdicts).map(
    ([word, status]): Route => ({
      methods: ["PUT"],
      path: `/v1/agent/check/${word}/`,
      handle: (request) => report(request, status, request.query.get("note")),
    }),
  ),
  {
    methods: ["PUT"],
    path: "/v1/agent/check/update/",
    handle: async (request) => {
      const { Status, Output } = await bodyOf(request, checkUpdate);
      const status = Object.values(verdicts).find((known) => known === Status);
      if (!status) throw new ConsulFailure(400, `Invalid check status: '${Status}'`);
      return await report(request, status, Output);
    },
  },
  {
    methods: ["PUT"],
    path: "/v1/agent/maintenance",
    handle: async ({ agent, query, signal }) => {
      const { local, name } = agent;
      if (!enableOf(query)) local.removeCheck(nodeMaintenance);
      else if (!local.checks.has(nodeMaintenance)) {
        const Notes = query.get("reason") || maintenanceReason("node");
        const check = { Node: name, CheckID: nodeMaintenance, Name: "Node Maintenance Mode", Notes };
        const of = { ServiceID: "", ServiceName: "", ServiceTags: [] };
        local.setCheck(
          { ...check, ...of, Status: "critical", Output: "", Type: "maintenance", Definition: {} },
          undefined,
        );
      }
      await agent.sync(signal);
      return {};
    },
  },
];

async function report(
  { agent, rest: id, signal }: AgentRequest,
  status: (typeof verdicts)[keyof typeof verdicts],
  output: string,
): Promise<Answer> {
  if (!agent.local.report(id, status, output)) {
    throw new ConsulFailure(500, `CheckID ${JSON.stringify(id)} does not have associated TTL`);
  }
  await agent.sync(signal);
  return {};
}
