import { asJson, type Json } from "./answer.ts";

/** What a node says of itself. */
export type NodeState = "active" | "standby" | "sealed" | "uninitialized" | "unreachable";

export interface NodeHealth {
  address: string;
  state: NodeState;
  version: string | undefined;
  clusterName: string | undefined;
  /** Why it is `unreachable`. */
  reason: string | undefined;
}

/** Statuses of `sys/health` (Vault's API manual, "/sys/health"). */
const stateOf: Readonly<Record<number, NodeState>> = {
  200: "active",
  429: "standby",
  472: "standby",
  473: "standby",
  501: "uninitialized",
  503: "sealed",
};

/** The health in an answer of `sys/health`. */
export function nodeHealth(address: string, status: number, body: Json | undefined): NodeHealth {
  const json = asJson(body) ?? {};
  const state = stateOf[status] ?? "unreachable";
  return {
    address,
    state,
    version: textOf(json["version"]),
    clusterName: textOf(json["cluster_name"]),
    reason: state === "unreachable" ? `sys/health answered ${status}` : undefined,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, 200) : undefined;
}
