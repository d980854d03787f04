import type { Clock } from "@minicluster/core";
import type { Servers } from "./servers.ts";

/** The agent, as its routes see it. */
export interface Agent {
  /** The node's name. */
  readonly name: string;
  readonly nodeId: string;
  readonly mode: "server" | "client";
  readonly clock: Clock;
  readonly servers: Servers;
}

/** The only datacenter there is. */
export const datacenter = "dc1";
