import { type Clock, type Duration, durationMs } from "@minicluster/core";
import type { Consul } from "../consul.ts";
import { ServersError } from "../errors.ts";
import { withPlace } from "../port-conflict.ts";
import { EmbeddedAgent } from "./embedded-agent.ts";

export interface StartEmbeddedConsulOptions {
  /** The handle's and the node's name. Default "consul", of a client "agent". */
  name?: string | undefined;
  /** `server` (default) keeps the data; `client` is the agent of a machine that runs services, and needs `join`. */
  mode?: "server" | "client" | undefined;
  /** The embedded server that a client belongs to. */
  join?: Consul | undefined;
  /** How long a server that was started takes to lead; what it is asked meanwhile waits. Default 0. */
  election?: Duration | undefined;
  clock?: Clock | undefined;
  /** Ends the start. */
  signal?: AbortSignal | undefined;
}

/**
 * A Consul agent inside this process, on 127.0.0.1, for development and tests: no TLS, no ACLs, one server.
 *
 * @throws ServersError `INVALID_OPTION`, `START_FAILED`; the reason of `signal`
 * @example
 * await using server = await startEmbeddedConsul();
 * await using agent = await startEmbeddedConsul({ mode: "client", join: server });
 */
export async function startEmbeddedConsul(options: StartEmbeddedConsulOptions = {}): Promise<Consul> {
  const { mode = "server", join, clock, signal } = options;
  if ((mode === "client") !== (join !== undefined)) {
    throw new ServersError(
      "INVALID_OPTION",
      'startEmbeddedConsul: `join` goes with mode: "client", and a client needs it',
    );
  }
  if (join !== undefined && !(join instanceof EmbeddedAgent && join.mode === "server")) {
    throw new ServersError(
      "INVALID_OPTION",
      "startEmbeddedConsul: `join` takes a server that startEmbeddedConsul started",
    );
  }
  const name = options.name ?? (mode === "server" ? "consul" : "agent");
  const electionMs = durationMs(options.election ?? 0, "election");
  return await withPlace(name, async (place) => {
    const ports = {
      http: await place.port(),
      dns: await place.port(),
      gossip: await place.port(),
      rpc: await place.port(),
    };
    const agent = new EmbeddedAgent({ name, place, ports, join, electionMs, clock });
    await agent.start(signal);
    return agent;
  });
}
