import type { Clock } from "@minicluster/core";
import type { Gossip } from "./gossip.ts";
import type { LocalServices } from "./local-services.ts";
import type { Servers } from "./servers.ts";
import type { UserEventLog } from "./user-event-log.ts";

/** The agent, as its routes see it. */
export interface Agent {
  /** The node's name. */
  readonly name: string;
  readonly nodeId: string;
  readonly mode: "server" | "client";
  readonly clock: Clock;
  readonly servers: Servers;
  /** What is registered with it. */
  readonly local: LocalServices;
  readonly gossip: Gossip;
  /** The user events that it heard of. */
  readonly userEvents: UserEventLog;
  /** Writes what was registered here to the catalog; what can't be written now is later. Never rejects. */
  sync(signal: AbortSignal): Promise<void>;
}

/** The only datacenter there is. */
export const datacenter = "dc1";

/** The address of every node. */
export const advertised = "127.0.0.1";

/** What it answers as: the version whose behaviour it repeats. */
export const consulVersion = "1.8.7";
