import { type Consul, findConsul, requireLeg, startConsul, startEmbeddedConsul } from "@minicluster/servers";
import type { BackendOf } from "../behaviour.ts";

/** A server and one agent that joined it, real or embedded; and the real command line, which speaks to both. */
export interface ConsulBackend {
  server: Consul;
  agent: Consul;
  /** Another agent of the same server. */
  join: (name: string) => Promise<Consul>;
  /** Path of the program `consul`. */
  cli: string;
}

type Starter = (options: { mode?: "client"; name?: string; join?: Consul }) => Promise<Consul>;

async function startWith(start: Starter): Promise<ConsulBackend & AsyncDisposable> {
  const { path } = await findConsul();
  const server = await start({ name: "server" });
  const agents: Consul[] = [];
  const join = async (name: string): Promise<Consul> => {
    const agent = await start({ mode: "client", name, join: server });
    agents.push(agent);
    return agent;
  };
  const close = async (): Promise<void> => {
    await Promise.all(agents.map((agent) => agent.close()));
    await server.close();
  };
  try {
    return { server, agent: await join("agent"), join, cli: path, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the suites on Consul run on: the real 1.8.7 first, as the one that is right. */
export const backends: readonly BackendOf<ConsulBackend>[] = [
  { name: "1.8.7", missing: () => requireLeg("consul"), start: () => startWith(startConsul) },
  { name: "embedded", missing: () => requireLeg("consul"), start: () => startWith(startEmbeddedConsul) },
];
