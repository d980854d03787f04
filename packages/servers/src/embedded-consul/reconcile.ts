import { advertised, consulVersion, datacenter } from "./agent.ts";
import { register } from "./catalog-register.ts";
import { type Member, memberStatus } from "./gossip.ts";
import type { State } from "./state.ts";

const states = {
  [memberStatus.alive]: { Status: "passing", Output: "Agent alive and reachable" },
  [memberStatus.failed]: { Status: "critical", Output: "Agent not live or unreachable" },
} as const;

/** The leader writes down how a member is: as the check serfHealth of its node, and as an instance of `consul` for a server. */
export function reconcile(state: State, member: Member): void {
  const { Status, Output } = states[member.status];
  const known = state.catalog.check(member.name, "serfHealth");
  const entry = state.catalog.node(member.name);
  if (member.status === memberStatus.failed && !entry) return;
  if (known?.Status === Status && entry?.node.ID === member.nodeId) return;
  const check = {
    Node: member.name,
    CheckID: "serfHealth",
    Name: "Serf Health Status",
    Status,
    Notes: "",
    Output,
    ServiceID: "",
    ServiceName: "",
    ServiceTags: [],
    Type: "",
    Definition: {},
  };
  const node = {
    ID: member.nodeId,
    Node: member.name,
    Address: advertised,
    Datacenter: datacenter,
    TaggedAddresses: null,
    Meta: null,
  };
  const service = member.mode === "server" && member.status === memberStatus.alive ? consulService(member) : undefined;
  const skipNodeUpdate = entry?.node.ID === member.nodeId || member.status === memberStatus.failed;
  state.apply((index) => register(state, { node, service, checks: [check], skipNodeUpdate }, index));
}

function consulService({ rpcPort }: Member): Parameters<typeof register>[1]["service"] {
  return {
    ID: "consul",
    Service: "consul",
    Tags: [],
    Address: "",
    Meta: {
      non_voter: "false",
      raft_version: "3",
      serf_protocol_current: "2",
      serf_protocol_max: "5",
      serf_protocol_min: "1",
      version: consulVersion,
    },
    Port: rpcPort,
    Weights: { Passing: 1, Warning: 1 },
    EnableTagOverride: false,
    Proxy: { MeshGateway: {}, Expose: {} },
    Connect: {},
  };
}
