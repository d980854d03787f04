import { systemClock } from "@minicluster/core";
import type { Consul } from "@minicluster/servers";
import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { ask, indexed } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";

const put = (agent: Consul, Name: string, more: object = {}): Promise<unknown> =>
  ask(agent, "PUT /v1/agent/service/register", { body: { Name, ...more } });
const away = (agent: Consul, id: string): Promise<unknown> => ask(agent, `PUT /v1/agent/service/deregister/${id}`);
const external = (agent: Consul, Node: string): Promise<unknown> =>
  ask(agent, "PUT /v1/catalog/register", { body: { Node, Address: "10.0.0.1" } });

interface Watch {
  path: string;
  /** Makes the path have what it is about. */
  before?: (agent: Consul) => Promise<unknown>;
  /** Other changes, which it sleeps through. */
  apart?: (agent: Consul) => Promise<unknown>;
  change: (agent: Consul) => Promise<unknown>;
  after?: (agent: Consul) => Promise<unknown>;
}

/** Whether it woke from what is apart, and from the change; and whether its index grew. */
async function watched(backend: ConsulBackend, { path, before, apart, change, after }: Watch): Promise<unknown> {
  const { agent } = backend;
  await before?.(agent);
  const { index } = await indexed(agent, `GET ${path}`);
  const join = path.includes("?") ? "&" : "?";
  let slept: boolean | undefined;
  if (apart) {
    const started = systemClock.monotonic();
    const waiting = indexed(agent, `GET ${path}${join}index=${index}&wait=800ms`);
    await apart(agent);
    const { index: same } = await waiting;
    slept = systemClock.monotonic() - started >= 780 && same >= index;
  }
  const { index: since } = await indexed(agent, `GET ${path}`);
  const waiting = indexed(agent, `GET ${path}${join}index=${since}&wait=30s`);
  const started = systemClock.monotonic();
  await change(agent);
  const answer = await waiting;
  const quick = systemClock.monotonic() - started < 5_000;
  await after?.(agent);
  return { slept, quick, grew: answer.index > since, status: answer.status };
}

const watches: readonly (readonly [name: string, watch: Watch])[] = [
  [
    "the nodes wake for a node, not for a service",
    {
      path: "/v1/catalog/nodes",
      apart: (agent) => put(agent, "bl-1"),
      change: (agent) => external(agent, "bl-node"),
      after: async (agent) => {
        await away(agent, "bl-1");
        await ask(agent, "PUT /v1/catalog/deregister", { body: { Node: "bl-node" } });
      },
    },
  ],
  [
    "the services wake for a service, not for a node",
    {
      path: "/v1/catalog/services",
      apart: (agent) => external(agent, "bl-node"),
      change: (agent) => put(agent, "bl-2"),
      after: async (agent) => {
        await away(agent, "bl-2");
        await ask(agent, "PUT /v1/catalog/deregister", { body: { Node: "bl-node" } });
      },
    },
  ],
  [
    "the health of a service wakes for its check, not for another service",
    {
      path: "/v1/health/service/bl-3",
      before: (agent) => put(agent, "bl-3", { Check: { TTL: "1h" } }),
      apart: (agent) => put(agent, "bl-other"),
      change: (agent) => ask(agent, "PUT /v1/agent/check/pass/service:bl-3"),
      after: async (agent) => {
        await away(agent, "bl-3");
        await away(agent, "bl-other");
      },
    },
  ],
  [
    "the health of a service wakes for a check of its node",
    {
      path: "/v1/health/service/bl-4?passing",
      before: (agent) => put(agent, "bl-4"),
      change: (agent) => ask(agent, "PUT /v1/agent/maintenance?enable=true"),
      after: async (agent) => {
        await ask(agent, "PUT /v1/agent/maintenance?enable=false");
        await away(agent, "bl-4");
      },
    },
  ],
  [
    "the health of a service wakes when its last instance goes",
    {
      path: "/v1/health/service/bl-5",
      before: (agent) => put(agent, "bl-5"),
      change: (agent) => away(agent, "bl-5"),
    },
  ],
  [
    "a service that isn't there wakes when it comes",
    {
      path: "/v1/health/service/bl-6",
      change: (agent) => put(agent, "bl-6"),
      after: (agent) => away(agent, "bl-6"),
    },
  ],
  [
    "a service of the catalog wakes for an instance, not for a check",
    {
      path: "/v1/catalog/service/bl-7",
      before: (agent) => put(agent, "bl-7", { Check: { TTL: "1h" } }),
      apart: (agent) => ask(agent, "PUT /v1/agent/check/pass/service:bl-7"),
      change: (agent) => put(agent, "bl-7", { ID: "bl-7b" }),
      after: async (agent) => {
        await away(agent, "bl-7");
        await away(agent, "bl-7b");
      },
    },
  ],
  [
    "the checks of a service wake for them",
    {
      path: "/v1/health/checks/bl-8",
      before: (agent) => put(agent, "bl-8", { Check: { TTL: "1h" } }),
      change: (agent) => ask(agent, "PUT /v1/agent/check/warn/service:bl-8"),
      after: (agent) => away(agent, "bl-8"),
    },
  ],
  [
    "the checks of a node wake for them",
    {
      path: "/v1/health/node/agent",
      before: (agent) => put(agent, "bl-9", { Check: { TTL: "1h" } }),
      change: (agent) => ask(agent, "PUT /v1/agent/check/warn/service:bl-9"),
      after: (agent) => away(agent, "bl-9"),
    },
  ],
  [
    "the critical checks wake when one recovers",
    {
      path: "/v1/health/state/critical",
      before: (agent) => put(agent, "bl-10", { Check: { TTL: "1h" } }),
      change: (agent) => ask(agent, "PUT /v1/agent/check/pass/service:bl-10"),
      after: (agent) => away(agent, "bl-10"),
    },
  ],
  [
    "all checks wake for any",
    {
      path: "/v1/health/state/any",
      before: (agent) => put(agent, "bl-11", { Check: { TTL: "1h" } }),
      change: (agent) => ask(agent, "PUT /v1/agent/check/pass/service:bl-11"),
      after: (agent) => away(agent, "bl-11"),
    },
  ],
  [
    "a node of the catalog wakes for a service on it",
    {
      path: "/v1/catalog/node/agent",
      change: (agent) => put(agent, "bl-12"),
      after: (agent) => away(agent, "bl-12"),
    },
  ],
];

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  {
    name: "before any service has gone, one that isn't there wakes on any registration",
    run: (backend) =>
      watched(backend, {
        path: "/v1/health/service/bl-none",
        change: (agent) => put(agent, "bl-first"),
      }),
  },
  {
    name: "once a service has gone, one that isn't there sleeps through registrations",
    run: async (backend) => {
      await away(backend.agent, "bl-first");
      return await watched(backend, {
        path: "/v1/health/service/bl-none",
        apart: (agent) => put(agent, "bl-second"),
        change: (agent) => away(agent, "bl-second"),
      });
    },
  },
  ...watches.map(([name, watch]): Behaviour<ConsulBackend> => ({ name, run: (backend) => watched(backend, watch) })),
  {
    name: "an index that is past answers at once, one that is to come waits",
    run: async ({ agent }) => {
      const { index } = await indexed(agent, "GET /v1/catalog/nodes");
      const past = await timed(() => ask(agent, "GET /v1/catalog/nodes?index=1&wait=5s"));
      const future = await timed(() => ask(agent, `GET /v1/catalog/nodes?index=${index + 1000}&wait=300ms`));
      const none = await timed(() => ask(agent, "GET /v1/catalog/nodes?index=0&wait=5s"));
      return { past: past < 300, future: future >= 300 && future < 3_000, none: none < 300 };
    },
  },
  {
    name: "an index is never 0",
    run: async ({ agent }) => {
      const answers = await Promise.all(
        ["/v1/catalog/node/none", "/v1/health/service/none", "/v1/catalog/service/none"].map((path) =>
          indexed(agent, `GET ${path}`),
        ),
      );
      return answers.map(({ index }) => index > 0);
    },
  },
  {
    name: "registering the same again wakes nobody and changes no index",
    run: async (backend) => {
      const { agent } = backend;
      await put(agent, "bl-same", { Port: 1, Check: { TTL: "1h" } });
      const before = await indexed(agent, "GET /v1/health/service/bl-same");
      await put(agent, "bl-same", { Port: 1, Check: { TTL: "1h" } });
      const after = await indexed(agent, "GET /v1/health/service/bl-same");
      await away(agent, "bl-same");
      return before.index === after.index;
    },
  },
];

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = systemClock.monotonic();
  await work();
  return systemClock.monotonic() - started;
}

contract({ title: "Consul: blocking queries", backends, behaviours });
