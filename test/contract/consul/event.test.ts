import { sleep, systemClock } from "@minicluster/core";
import type { Consul } from "@minicluster/servers";
import { expect } from "vitest";
import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { ask } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { ranks } from "./ranks.ts";

interface Fired {
  ID: string;
  Name: string;
  LTime: number;
}

/** The events that an agent has heard of, once there are so many: they travel by gossip. */
async function heard(consul: Consul, name: string, count: number): Promise<Fired[]> {
  for (const end = performance.now() + 10_000; ; ) {
    const events = (await ask(consul, `GET /v1/event/list?name=${name}`)).body as Fired[];
    if (events.length >= count || performance.now() > end) return events;
    await sleep(systemClock, 20);
  }
}

async function fire(consul: Consul, what: string, body = ""): Promise<Fired> {
  const reply = await ask(consul, `PUT /v1/event/fire/${what}`, { body });
  expect(reply).toMatchObject({ status: 200 });
  return reply.body as Fired;
}

/** As text: it has more digits than a number of JavaScript. */
async function index(consul: Consul, what: string): Promise<string> {
  const answer = await fetch(consul.address + what);
  await answer.arrayBuffer();
  return answer.headers.get("x-consul-index") ?? "";
}

/** The halves of a UUID, XORed. */
function indexOf({ ID }: Fired): string {
  const digits = ID.replaceAll("-", "");
  return String(BigInt(`0x${digits.slice(0, 16)}`) ^ BigInt(`0x${digits.slice(16)}`));
}

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  {
    name: "an agent that heard of nothing has an empty list at index 1",
    run: async ({ agent }) => [
      await ask(agent, "GET /v1/event/list"),
      await index(agent, "/v1/event/list"),
      await index(agent, "/v1/event/list?name=none"),
    ],
  },
  {
    name: "an event is heard of by every agent, in order",
    run: async ({ server, agent }) => {
      const first = await ask(agent, "PUT /v1/event/fire/deploy", { body: "payload" });
      await heard(agent, "deploy", 1);
      await heard(server, "deploy", 1);
      const second = await ask(server, "PUT /v1/event/fire/deploy");
      const lists = [await heard(agent, "deploy", 2), await heard(server, "deploy", 2)];
      return mask(ranks([first, second, lists]));
    },
  },
  {
    name: "the index is that of the last event's id",
    run: async ({ agent }) => {
      const event = await fire(agent, "indexed");
      const other = await fire(agent, "indexed-too");
      await heard(agent, "indexed", 1);
      await heard(agent, "indexed-too", 1);
      expect(await index(agent, "/v1/event/list?name=indexed")).toBe(indexOf(event));
      const both = [indexOf(event), indexOf(other)];
      expect(both).toContain(await index(agent, "/v1/event/list"));
      return "as its id says";
    },
  },
  {
    name: "a read waits where the index is that of the last event, and for no other",
    run: async ({ server, agent }) => {
      await fire(agent, "waited");
      await heard(agent, "waited", 1);
      const what = "GET /v1/event/list?name=waited";
      const now = await index(agent, "/v1/event/list?name=waited");
      const waiting = ask(agent, `${what}&index=${now}&wait=10s`);
      await fire(server, "another");
      await fire(server, "waited");
      const begin = performance.now();
      const replies = [await waiting, await ask(agent, `${what}&index=5&wait=10s`)];
      expect(performance.now() - begin).toBeLessThan(5_000);
      const last = await index(agent, "/v1/event/list?name=waited");
      replies.push(await ask(agent, `${what}&index=${last}&wait=300ms`));
      replies.push(await ask(agent, "GET /v1/event/list?name=unheard&index=1&wait=300ms"));
      return mask(ranks(replies));
    },
  },
  {
    name: "an event is kept by the agents that its filters name",
    run: async ({ server, agent }) => {
      await ask(agent, "PUT /v1/agent/service/register", { body: { Name: "web", Tags: ["blue"] } });
      const filters = [
        "node=agent",
        "node=^serv",
        "node=nobody",
        "service=web",
        "service=^we",
        "service=consul",
        "service=web%26tag=blue",
        "service=web%26tag=red",
        "node=server%26service=web",
      ].map((filter) => filter.replaceAll("%26", "&"));
      const fired: unknown[] = [];
      for (const filter of filters) fired.push(await fire(agent, `filtered?${filter}`));
      await fire(agent, "filtered");
      const all = [await heard(agent, "filtered", 5), await heard(server, "filtered", 2)];
      await ask(agent, "PUT /v1/agent/service/deregister/web");
      const filtersOf = (events: readonly Fired[]) =>
        events.map((event) => JSON.stringify({ ...event, ID: "", LTime: 0 })).sort();
      return mask([fired, all.map(filtersOf)]);
    },
  },
  {
    name: "an event has as many bytes as one message of the gossip",
    run: async ({ server, agent }) => {
      const sizes: [string, number][] = [
        ["big", 410],
        ["big", 411],
        ["big", 441],
        ["big", 460],
        ["big", 1_000],
        ["n".repeat(30), 354],
        ["n".repeat(30), 355],
        ["n".repeat(40), 333],
        ["n".repeat(40), 334],
        ["n".repeat(208), 0],
        ["n".repeat(230), 0],
      ];
      const replies: unknown[] = [];
      for (const [name, size] of sizes) {
        const { status, body } = await ask(server, `PUT /v1/event/fire/${name}`, { body: "x".repeat(size) });
        replies.push([name, size, status, status === 200 ? "" : body]);
      }
      const filtered = (size: number) =>
        ask(agent, "PUT /v1/event/fire/big?node=n&service=web&tag=xx", { body: "x".repeat(size) });
      replies.push((await filtered(392)).status, await filtered(393));
      return replies;
    },
  },
  {
    name: "256 events are kept",
    run: async ({ server }) => {
      for (let count = 1; count <= 260; count += 1) await fire(server, "many", `${count}`);
      await fire(server, "last");
      await heard(server, "last", 1);
      const events = (await ask(server, "GET /v1/event/list")).body as Fired[];
      return events.length;
    },
  },
  ...[
    "PUT /v1/event/fire/",
    "GET /v1/event/fire/x",
    "PUT /v1/event/list",
    "PUT /v1/event/fire/x?tag=blue",
    "PUT /v1/event/fire/x?node=(",
    "PUT /v1/event/fire/x?service=[",
    "PUT /v1/event/fire/x?service=web&tag=*",
    "PUT /v1/event/fire/x?node=)",
    "PUT /v1/event/fire/x?node=a**",
    "PUT /v1/event/fire/x?node=%5C",
    "PUT /v1/event/fire/x?dc=elsewhere",
    "GET /v1/event/list?index=x",
    "GET /v1/event/list?wait=x",
  ].map((what) => ({
    name: what,
    run: async ({ server, agent }: ConsulBackend) => mask([await ask(server, what), await ask(agent, what)]),
  })),
];

contract({ title: "Consul: user events", backends, behaviours });
