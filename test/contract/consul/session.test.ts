import { sleep, systemClock } from "@minicluster/core";
import type { Consul } from "@minicluster/servers";
import { expect } from "vitest";
import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { ask, indexed } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { ranks } from "./ranks.ts";

async function create(consul: Consul, body: unknown = {}): Promise<string> {
  const { body: created } = await ask(consul, "PUT /v1/session/create", { body });
  expect(created).toHaveProperty("ID");
  return (created as { ID: string }).ID;
}

/** What comes of asking for such a session. */
function asked(title: string, body: unknown): Behaviour<ConsulBackend> {
  return {
    name: `a session of ${title}`,
    run: async ({ server, agent }) => {
      const replies: unknown[] = [];
      for (const consul of [server, agent]) {
        const reply = await ask(consul, "PUT /v1/session/create", { body });
        const { ID } = reply.body as { ID?: string };
        replies.push(reply);
        if (ID === undefined) continue;
        replies.push(await ask(agent, `GET /v1/session/info/${ID}`));
        await ask(agent, `PUT /v1/session/destroy/${ID}`);
      }
      return mask(ranks(replies));
    },
  };
}

function questions(list: readonly string[]): Behaviour<ConsulBackend>[] {
  return list.map((what) => ({
    name: what,
    run: async ({ server, agent }) => mask([await ask(server, what), await ask(agent, what)]),
  }));
}

async function afterwards(consul: Consul, what: string, change: () => Promise<unknown>, wait = "10s") {
  const first = await indexed(consul, what);
  const waiting = indexed(consul, `${what}?index=${first.index}&wait=${wait}`);
  await change();
  return { first, second: await waiting };
}

async function until<T>(what: () => Promise<T>, done: (value: T) => boolean, ms: number): Promise<T> {
  for (const end = performance.now() + ms; ; ) {
    const value = await what();
    if (done(value) || performance.now() > end) return value;
    await sleep(systemClock, 50);
  }
}

const bodies: Readonly<Record<string, unknown>> = {
  "nothing in particular": {},
  "no JSON": "{",
  "an empty body": "",
  "the body null": "null",
  "a list": "[]",
  "a text": '"x"',
  "JSON and more": '{"Name":"x"} y',
  "an unknown field": { Foo: 1 },
  "names of any case": { name: "lower", ttl: "10s" },
  "a name that is none": { Name: 5 },
  "an own id": { ID: "adf4238a-882b-9ddc-4a9d-5b6758e4159e" },
  "all that it may have": {
    Name: "all",
    TTL: "1m30s",
    LockDelay: "5s",
    Behavior: "delete",
    NodeChecks: ["serfHealth"],
  },
  "a TTL too short": { TTL: "9s" },
  "a TTL too long": { TTL: "86401s" },
  "the longest TTL": { TTL: "24h" },
  "the TTL 0s": { TTL: "0s" },
  "the TTL x": { TTL: "x" },
  "the TTL 10": { TTL: "10" },
  "the TTL 10x": { TTL: "10x" },
  "a TTL that is a number": { TTL: 10 },
  "an empty TTL": { TTL: "" },
  "a lock delay in seconds": { LockDelay: 5 },
  "a lock delay in nanoseconds": { LockDelay: 5e9 },
  "a lock delay beyond a minute": { LockDelay: "61s" },
  "no lock delay": { LockDelay: "0s" },
  "a lock delay that is none": { LockDelay: "x" },
  "a behaviour that is none": { Behavior: "x" },
  "an empty behaviour": { Behavior: "" },
  "a node that is none": { Node: "nope" },
  "an empty node": { Node: "" },
  "the server's node": { Node: "server" },
  "a check that is none": { Checks: ["nope"] },
  "a node check that is none": { NodeChecks: ["nope"] },
  "a service check that is none": { ServiceChecks: [{ ID: "nope" }] },
  "no checks": { Checks: [] },
  "the checks null": { Checks: null },
  "no node checks": { NodeChecks: [] },
  "the node checks null": { NodeChecks: null },
  "the default checks": { Checks: ["serfHealth"] },
  "a check twice": { Checks: ["serfHealth", "serfHealth"] },
  "two things wrong": { TTL: "1s", Behavior: "x" },
  "a TTL and a node wrong": { TTL: "1s", Node: "nope" },
};

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  ...Object.entries(bodies).map(([title, body]) => asked(title, body)),
  ...questions([
    "GET /v1/session/info/",
    "GET /v1/session/info/x",
    "GET /v1/session/info/adf4238a-882b-9ddc-4a9d-5b6758e4159e",
    "GET /v1/session/info/zzz4238a-882b-9ddc-4a9d-5b6758e4159e",
    "GET /v1/session/node/",
    "GET /v1/session/node/nope",
    "PUT /v1/session/renew/",
    "PUT /v1/session/renew/x",
    "PUT /v1/session/renew/adf4238a-882b-9ddc-4a9d-5b6758e4159e",
    "PUT /v1/session/destroy/",
    "PUT /v1/session/destroy/x",
    "PUT /v1/session/destroy/adf4238a-882b-9ddc-4a9d-5b6758e4159e",
    "GET /v1/session/create",
    "PUT /v1/session/list",
    "PUT /v1/session/info/x",
    "GET /v1/session/renew/x",
    "GET /v1/session/destroy/x",
    "GET /v1/session/list?dc=elsewhere",
    "GET /v1/session/nothing",
    "PUT /v1/session/create?dc=elsewhere",
  ]),
  {
    name: "a session is told by id, by node and in the list, until it is destroyed",
    run: async ({ server, agent }) => {
      const [one, other] = [await create(agent, { Name: "one" }), await create(server, { Name: "other", TTL: "10s" })];
      const whats = [`info/${one}`, `info/${one.toUpperCase()}`, "node/agent", "node/AGENT", "node/server", "list"];
      const look = () => Promise.all(whats.map((what) => indexed(agent, `GET /v1/session/${what}`)));
      const replies: unknown[] = [named(await look())];
      replies.push(
        await ask(agent, `PUT /v1/session/renew/${other}`),
        await ask(agent, `PUT /v1/session/renew/${one}`),
      );
      replies.push(await ask(agent, `PUT /v1/session/destroy/${one}`), named(await look()));
      replies.push(await ask(agent, `PUT /v1/session/destroy/${other}`), named(await look()));
      return mask(ranks(replies));
    },
  },
  {
    name: "reads wait for sessions to come and go",
    run: async ({ server, agent }) => {
      let id = "";
      const come = await afterwards(agent, "GET /v1/session/list", async () => {
        id = await create(server, { Name: "watched" });
      });
      const go = await afterwards(agent, "GET /v1/session/node/server", () =>
        ask(server, `PUT /v1/session/destroy/${id}`),
      );
      const mine = await create(agent);
      const gone = await afterwards(agent, `GET /v1/session/info/${mine}`, () =>
        ask(server, `PUT /v1/session/destroy/${mine}`),
      );
      return mask(ranks([come, go, gone]));
    },
  },
  {
    name: "the end of a session releases its locks, with a lock delay; or deletes their keys",
    run: async ({ agent }) => {
      const [keeps, deletes, next] = [
        await create(agent, { LockDelay: "1s" }),
        await create(agent, { LockDelay: "1s", Behavior: "delete" }),
        await create(agent),
      ];
      await ask(agent, `PUT /v1/kv/end/kept?acquire=${keeps}`, { body: "kept" });
      await ask(agent, `PUT /v1/kv/end/deleted?acquire=${deletes}`, { body: "deleted" });
      const { first, second } = await afterwards(agent, "GET /v1/kv/end/kept", () =>
        ask(agent, `PUT /v1/session/destroy/${keeps}`),
      );
      await ask(agent, `PUT /v1/session/destroy/${deletes}`);
      const take = (key: string) => ask(agent, `PUT /v1/kv/end/${key}?acquire=${next}`, { body: "next" });
      const refused = [await take("kept"), await take("deleted")];
      const txn = [{ KV: { Verb: "lock", Key: "end/kept", Session: next } }];
      refused.push(await ask(agent, "PUT /v1/txn", { body: txn }));
      const keys = await indexed(agent, "GET /v1/kv/end/?recurse");
      // Each key has a delay of its own, which began when its session ended.
      const taken = (key: string) =>
        until(
          () => take(key),
          ({ body }) => body === true,
          5_000,
        );
      const begin = performance.now();
      await taken("kept");
      expect(performance.now() - begin).toBeGreaterThan(500);
      const after = [await taken("deleted"), await indexed(agent, "GET /v1/kv/end/?recurse")];
      return mask(ranks([first, second, refused, keys, after]));
    },
  },
  {
    name: "a lock that was given back, or whose session wants no delay, is free at once",
    run: async ({ agent }) => {
      const [first, second, next] = [
        await create(agent),
        await create(agent, { LockDelay: "0s" }),
        await create(agent),
      ];
      await ask(agent, `PUT /v1/kv/free/a?acquire=${first}`, { body: "1" });
      await ask(agent, `PUT /v1/kv/free/a?release=${first}`, { body: "1" });
      await ask(agent, `PUT /v1/session/destroy/${first}`);
      await ask(agent, `PUT /v1/kv/free/b?acquire=${second}`, { body: "1" });
      await ask(agent, `PUT /v1/session/destroy/${second}`);
      return [
        await ask(agent, `PUT /v1/kv/free/a?acquire=${next}`, { body: "2" }),
        await ask(agent, `PUT /v1/kv/free/b?acquire=${next}`, { body: "2" }),
      ];
    },
  },
  {
    name: "a check that turns critical or goes away ends the sessions that hang on it, as does a node",
    run: async ({ agent }) => {
      const check = (Status: string): unknown => ({ Node: "away", CheckID: "c", Name: "c", Status });
      const register = (Check: unknown) =>
        ask(agent, "PUT /v1/catalog/register", { body: { Node: "away", Address: "10.0.0.9", Check } });
      const on = (NodeChecks: string[]) => create(agent, { Node: "away", NodeChecks });
      const left = () => indexed(agent, "GET /v1/session/node/away");
      const replies: unknown[] = [await register(check("critical"))];
      replies.push(
        await ask(agent, "PUT /v1/session/create", { body: { Node: "away", NodeChecks: ["c"] } }),
        await ask(agent, "PUT /v1/session/create", { body: { Node: "away" } }),
        await register(check("warning")),
      );
      const plain = await on([]);
      const [one, two] = [await on(["c"]), await on(["c"])];
      const serviceCheck = { Node: "away", NodeChecks: [], ServiceChecks: [{ ID: "c" }] };
      const three = await create(agent, serviceCheck);
      replies.push(await ask(agent, `GET /v1/session/info/${three}`));
      await ask(agent, `PUT /v1/kv/away?acquire=${one}`, { body: "1" });
      replies.push(await afterwards(agent, "GET /v1/kv/away", () => register(check("critical"))), await left());
      await register(check("passing"));
      await on(["c"]);
      await ask(agent, "PUT /v1/catalog/deregister", { body: { Node: "away", CheckID: "c" } });
      replies.push(await left());
      await ask(agent, "PUT /v1/catalog/deregister", { body: { Node: "away" } });
      replies.push(await left());
      return mask(ranks(replies), { [plain]: "plain", [one]: "one", [two]: "two" });
    },
  },
  {
    name: "a session that nobody renews ends after twice its TTL",
    run: async ({ server, agent }) => {
      const begin = performance.now();
      const [lost, renewed] = [await create(agent, { TTL: "10s" }), await create(agent, { TTL: "10s" })];
      await ask(agent, `PUT /v1/kv/ttl/lost?acquire=${lost}`, { body: "1" });
      await sleep(systemClock, 8_000);
      await ask(server, `PUT /v1/session/renew/${renewed}`);
      const { second } = await afterwards(agent, `GET /v1/session/info/${lost}`, async () => {}, "30s");
      const tookMs = performance.now() - begin;
      expect(tookMs).toBeGreaterThan(19_000);
      expect(tookMs).toBeLessThan(25_000);
      const replies = [
        second,
        await ask(agent, "GET /v1/kv/ttl/lost"),
        await ask(agent, `GET /v1/session/info/${renewed}`),
      ];
      await ask(agent, `PUT /v1/session/destroy/${renewed}`);
      return mask(ranks(replies));
    },
  },
];

/** Lists are in the order of ids, which differs by chance. */
function named<T extends { body: unknown }>(replies: T[]): T[] {
  return replies.map((reply) => ({
    ...reply,
    body: (reply.body as { Name: string }[]).sort((one, other) => one.Name.localeCompare(other.Name)),
  }));
}

contract({ title: "Consul: sessions", backends, behaviours });
