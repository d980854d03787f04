import { byId } from "./agent-routes.ts";
import { type LocalService, toldService } from "./agent-service-routes.ts";
import type { Answer } from "./answer.ts";
import { ConsulFailure } from "./failure.ts";
import type { LocalServices } from "./local-services.ts";
import type { AgentRequest, Route } from "./route.ts";

/** How the services of this agent are. https://developer.hashicorp.com/consul/api-docs/agent/service */
export const agentHealthRoutes: readonly Route[] = [
  {
    methods: ["GET"],
    path: "/v1/agent/health/service/id/",
    handle: ({ agent, headers, query, rest: id }) => {
      if (id === "") throw new ConsulFailure(500, "Bad request: Missing serviceID");
      const plain = wantsText(headers.accept, query);
      const service = agent.local.services.get(id);
      if (!service) {
        const reason = `ServiceId ${id} not found`;
        const nothing = { AggregatedStatus: "critical", Service: null, Checks: null };
        return { status: 404, headers: { "X-Consul-Reason": reason }, json: plain ? reason : nothing };
      }
      const { status, json } = healthOf(agent.local, service);
      return answer(status, plain, json);
    },
  },
  {
    methods: ["GET"],
    path: "/v1/agent/health/service/name/",
    handle: ({ agent, headers, query, rest: name }) => {
      if (name === "") throw new ConsulFailure(500, "Bad request: Missing service Name");
      const found = [...agent.local.services]
        .sort(byId)
        .filter(([, { Service }]) => Service === name)
        .map(([, service]) => healthOf(agent.local, service));
      const worst = found.map(({ status }) => status).sort((one, other) => statusCode(other) - statusCode(one))[0];
      return answer(
        worst ?? `ServiceName ${name} Not Found`,
        wantsText(headers.accept, query),
        found.map(({ json }) => json),
      );
    },
  },
];

function healthOf(local: LocalServices, service: LocalService): { status: string; json: object } {
  const checks = [...local.checksOf(service.ID), ...local.checksOf("")].map(({ check }) => ({
    ...check,
    ServiceTags: check.ServiceTags.length === 0 ? null : check.ServiceTags,
    Type: "",
    Definition: unsaid,
    CreateIndex: 0,
    ModifyIndex: 0,
  }));
  const status = aggregate(checks);
  return { status, json: { AggregatedStatus: status, Service: toldService(service), Checks: checks } };
}

/** What Consul's own conversion leaves of a definition here. */
const unsaid = {
  Interval: "0s",
  Timeout: "0s",
  DeregisterCriticalServiceAfter: "0s",
  HTTP: "",
  Header: null,
  Method: "",
  Body: "",
  TLSSkipVerify: false,
  TCP: "",
};

function aggregate(checks: readonly { CheckID: string; Status: string }[]): string {
  if (checks.some(({ CheckID }) => CheckID === "_node_maintenance" || CheckID.startsWith("_service_maintenance:"))) {
    return "maintenance";
  }
  return ["critical", "warning"].find((status) => checks.some(({ Status }) => Status === status)) ?? "passing";
}

function statusCode(status: string): number {
  if (status === "passing") return 200;
  if (status === "warning") return 429;
  return /^ServiceName .* Not Found$/s.test(status) ? 404 : 503;
}

function answer(status: string, plain: boolean, json: unknown): Answer {
  const code = { status: statusCode(status), headers: { "X-Consul-Reason": status } };
  return plain ? { ...code, text: status, type: "text/plain" } : { ...code, json };
}

function wantsText(accept: string | undefined, query: AgentRequest["query"]): boolean {
  return accept?.startsWith("text/plain") || query.get("format") === "text";
}
