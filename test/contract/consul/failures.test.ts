import { sleep, systemClock } from "@minicluster/core";
import type { Consul } from "@minicluster/servers";
import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { ask, type Reply } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { asked, told, until } from "./transcript.ts";

interface Check {
  CheckID: string;
  Status: string;
  Output: string;
}

async function serfHealth(consul: Consul, node: string): Promise<Check | undefined> {
  const { body } = await ask(consul, `GET /v1/health/node/${node}`);
  return Array.isArray(body) ? (body as Check[]).find(({ CheckID }) => CheckID === "serfHealth") : undefined;
}

const statusIs = (wanted: string) => (check: Check | undefined) => check?.Status === wanted;

/** The agent's own checks, without the output of those that ask: when they do so is chance. */
async function checksOf(agent: Consul): Promise<unknown> {
  const { body } = await ask(agent, "GET /v1/agent/checks");
  return Object.values(body as Record<string, Check>).map(({ CheckID, Status, Output }) => [CheckID, Status, Output]);
}

const answers = ({ status }: Reply): boolean => status === 200;

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  {
    name: "an agent without its server refuses what it must ask it, keeps what it has, and brings it later",
    run: async ({ server, agent }) => {
      await ask(agent, "PUT /v1/catalog/register", { body: { Node: "kept", Address: "10.0.0.1" } });
      await server.kill();
      await until(
        () => ask(agent, "GET /v1/catalog/nodes"),
        ({ body }) => body === "No known Consul servers",
      );
      const without = await asked(
        agent,
        "GET /v1/catalog/nodes",
        "GET /v1/catalog/services?index=1&wait=10s",
        "GET /v1/catalog/datacenters",
        "GET /v1/health/service/web",
        "GET /v1/health/state/any?stale",
        "GET /v1/catalog/service/",
        "GET /v1/status/leader",
        "GET /v1/status/peers",
        ["PUT /v1/catalog/register", { Node: "x", Address: "1.2.3.4" }],
        ["PUT /v1/agent/service/register", { Name: "meanwhile", Check: { TTL: "1h", Status: "passing" } }],
        "GET /v1/agent/services",
        "GET /v1/agent/checks",
        "PUT /v1/agent/check/warn/service:meanwhile?note=alone",
      );
      await server.restart();
      await until(() => ask(agent, "GET /v1/catalog/nodes"), answers);
      const later = await until(
        () => ask(agent, "GET /v1/health/checks/meanwhile"),
        ({ body }) => JSON.stringify(body).includes("alone"),
      );
      const kept = await ask(agent, "GET /v1/catalog/node/kept");
      await asked(agent, "PUT /v1/agent/service/deregister/meanwhile");
      await ask(agent, "PUT /v1/catalog/deregister", { body: { Node: "kept" } });
      return told([without, later, kept]);
    },
  },
  {
    name: "whoever waits at an agent is told when the server is gone",
    run: async ({ server, agent }) => {
      await until(() => ask(agent, "GET /v1/catalog/nodes"), answers);
      const waiting = ask(agent, "GET /v1/health/service/none?index=100000&wait=60s");
      await sleep(systemClock, 300);
      await server.kill();
      const { status, body } = await waiting;
      await server.restart();
      await until(() => ask(agent, "GET /v1/catalog/nodes"), answers);
      return { status, body };
    },
  },
  {
    name: "a frozen server answers nobody, neither itself nor by an agent, and everybody afterwards",
    run: async ({ server, agent }) => {
      await server.pause();
      const given = new AbortController();
      const asking = [server, agent].map((consul) =>
        ask(consul, "GET /v1/catalog/datacenters", { signal: given.signal }).then(
          () => "answered",
          () => "nothing",
        ),
      );
      const patient = ask(agent, "GET /v1/catalog/service/none");
      await sleep(systemClock, 1_000);
      given.abort();
      const frozen = await Promise.all(asking);
      await server.resume();
      return { frozen, later: (await patient).status };
    },
  },
  {
    name: "a killed agent's node is critical after a while, and passes when the agent is back with all it had",
    run: async ({ server, join }) => {
      const agent = await join("mortal");
      const service = {
        Name: "mortal-web",
        Checks: [
          { TTL: "1h", CheckID: "told" },
          { TTL: "1h", CheckID: "untold", Status: "passing" },
        ],
      };
      await ask(agent, "PUT /v1/agent/service/register", { body: service });
      await ask(agent, "PUT /v1/agent/check/pass/told?note=well");
      await ask(agent, "PUT /v1/agent/maintenance?enable=true&reason=upgrade");
      const alive = await until(() => serfHealth(server, "mortal"), statusIs("passing"));
      await agent.kill();
      const dead = await until(() => serfHealth(server, "mortal"), statusIs("critical"));
      const services = await ask(server, "GET /v1/catalog/service/mortal-web");
      const member = ((await ask(server, "GET /v1/agent/members")).body as { Name: string; Status: number }[]).find(
        ({ Name }) => Name === "mortal",
      );
      await agent.restart();
      const back = await until(() => serfHealth(server, "mortal"), statusIs("passing"));
      const checks = await checksOf(agent);
      await until(
        () => ask(server, "GET /v1/health/checks/mortal-web"),
        ({ body }) => (body as Check[]).some(({ CheckID, Status }) => CheckID === "untold" && Status === "critical"),
      );
      await agent.close();
      return told([alive, dead, services, member?.Status, back, checks]);
    },
  },
  {
    name: "a stopped agent does not leave: its node is critical too",
    run: async ({ server, join }) => {
      const agent = await join("stopping");
      await until(() => serfHealth(server, "stopping"), statusIs("passing"));
      await agent.stop();
      const stopped = await until(() => serfHealth(server, "stopping"), statusIs("critical"), 60_000);
      await agent.close();
      return told(stopped);
    },
  },
  {
    name: "a frozen agent's node is critical, and passes when it goes on",
    run: async ({ server, join }) => {
      const agent = await join("frozen");
      await until(() => serfHealth(server, "frozen"), statusIs("passing"));
      await agent.pause();
      // The more members serf knows, the longer it hopes: up to 24 s.
      const frozen = await until(() => serfHealth(server, "frozen"), statusIs("critical"), 60_000);
      await agent.resume();
      const back = await until(() => serfHealth(server, "frozen"), statusIs("passing"));
      await agent.close();
      return told([frozen, back]);
    },
  },
];

contract({ title: "Consul: failures", backends, behaviours });
