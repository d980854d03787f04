import { type Agent, advertised, consulVersion, datacenter } from "./agent.ts";
import { equalityFilter } from "./equality-filter.ts";
import { ConsulFailure } from "./failure.ts";
import type { Member } from "./gossip.ts";
import type { LocalCheck } from "./local-services.ts";
import type { Route } from "./route.ts";

const checkFields = ["CheckID", "Name", "Node", "Notes", "Output", "ServiceID", "ServiceName", "Status"] as const;

/** What an agent knows of itself and the others. https://developer.hashicorp.com/consul/api-docs/agent */
export const agentRoutes: readonly Route[] = [
  { methods: ["GET"], path: "/v1/agent/self", handle: ({ agent }) => ({ json: self(agent) }) },
  {
    methods: ["GET"],
    path: "/v1/agent/members",
    handle: ({ agent, query }) => {
      const segment = query.get("segment");
      const one = segment !== "" && segment !== "_all";
      if (query.get("wan") !== "") {
        if (one) throw new ConsulFailure(400, "Cannot provide a segment with wan=true");
        return { json: null };
      }
      if (one) throw new ConsulFailure(500, `segment ${JSON.stringify(segment)} not found`);
      return { json: agent.gossip.members.map(told) };
    },
  },
  {
    methods: ["GET"],
    path: "/v1/agent/checks",
    filters: true,
    handle: ({ agent, query }) => {
      const fits = equalityFilter<LocalCheck["check"]>(query.get("filter"), checkFields);
      const fitting = [...agent.local.checks].filter(([, { check }]) => fits(check));
      return { json: Object.fromEntries(fitting.sort(byId).map(([id, local]) => [id, localCheck(local)])) };
    },
  },
];

export function byId([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

function localCheck({ check }: LocalCheck): object {
  return { ...check, CreateIndex: 0, ModifyIndex: 0 };
}

function self(agent: Agent): object {
  const member = agent.gossip.members.find(({ nodeId }) => nodeId === agent.nodeId);
  return {
    Config: {
      Datacenter: datacenter,
      NodeName: agent.name,
      NodeID: agent.nodeId,
      Revision: "",
      Server: agent.mode === "server",
      Version: consulVersion,
    },
    Member: member && told(member),
    Meta: { "consul-network-segment": "" },
  };
}

function told(member: Member): object {
  return {
    Name: member.name,
    Addr: advertised,
    Port: member.port,
    Tags: tagsOf(member),
    Status: member.status,
    ProtocolMin: 1,
    ProtocolMax: 5,
    ProtocolCur: 2,
    DelegateMin: 2,
    DelegateMax: 5,
    DelegateCur: 4,
  };
}

function tagsOf(member: Member): Record<string, string> {
  const all = { acls: "0", build: `${consulVersion}:`, dc: datacenter, id: member.nodeId, segment: "" };
  const versions = { vsn: "2", vsn_max: "3", vsn_min: "2" };
  if (member.mode === "client") return { ...all, ...versions, role: "node" };
  return {
    ...all,
    ...versions,
    bootstrap: "1",
    ft_fs: "1",
    port: String(member.rpcPort),
    raft_vsn: "3",
    role: "consul",
  };
}
