import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { ask, indexed } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { ranks } from "./ranks.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

type Step = Readonly<Record<string, unknown>>;
const kv = (Verb: string, Key: string, more: Step = {}): Step => ({ KV: { Verb, Key, ...more } });
const set = (key: string, text: string): Step => kv("set", key, { Value: base64(text) });

/** Transactions one after the other, then how the keys stand. */
function transactions(name: string, bodies: readonly (readonly Step[])[]): Behaviour<ConsulBackend> {
  return {
    name,
    run: async ({ agent }) => {
      await ask(agent, "PUT /v1/kv/old", { body: "old" });
      const replies: unknown[] = [];
      for (const body of bodies) replies.push(await ask(agent, "PUT /v1/txn", { body }));
      replies.push(await indexed(agent, "GET /v1/kv/?recurse"));
      await ask(agent, "DELETE /v1/kv/?recurse");
      return withoutIndexes(replies);
    },
  };
}

/** Also the ones that a message names. */
function withoutIndexes(replies: unknown): unknown {
  return mask(JSON.parse(JSON.stringify(ranks(replies)).replace(/modify index \d+/g, "modify index #")));
}

/** Bodies that no server takes; asked of both. */
function refused(name: string, body: unknown, what = "PUT /v1/txn"): Behaviour<ConsulBackend> {
  return {
    name,
    run: async ({ server, agent }) => [await ask(server, what, { body }), await ask(agent, what, { body })],
  };
}

const absent = "adf4238a-882b-9ddc-4a9d-5b6758e4159e";

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  transactions("what is written is told without its value, what is read with it", [
    [set("a", "1"), kv("get", "a"), set("b/c", "2"), kv("get-tree", "b"), kv("set", "f", { Flags: 7 })],
    [kv("get", "a")],
    [kv("get-tree", "b/")],
    [kv("get-tree", "none")],
    [set("a", "1")],
  ]),
  transactions("nothing is done where one step fails, and each failure is told", [
    [set("a", "1"), kv("get", "none"), kv("cas", "old", { Index: 1 }), kv("get", "a"), kv("nope", "a")],
    [set("old", "new"), kv("delete", "old"), set("x", "1"), kv("delete-tree", "x"), kv("get", "x")],
    [kv("delete-tree", ""), kv("get", "old")],
  ]),
  transactions("cas writes a key that is not there", [
    [kv("cas", "a", { Index: 0, Value: base64("1") })],
    [kv("cas", "a", { Index: 0 })],
    [kv("cas", "a", { Index: 1 })],
    [kv("cas", "none", { Index: 1 })],
  ]),
  transactions("keys are deleted", [
    [kv("delete", "none")],
    [set("a", "1"), kv("delete", "a"), kv("check-not-exists", "a")],
    [kv("delete-cas", "old", { Index: 1 })],
    [kv("delete-cas", "none", { Index: 1 })],
    [set("t/a", "1"), set("t/b", "1"), kv("delete-tree", "t/"), kv("get-tree", "t/")],
  ]),
  transactions("keys are checked", [
    [kv("check-index", "old", { Index: 1 })],
    [kv("check-index", "none", { Index: 1 })],
    [kv("check-not-exists", "old")],
    [kv("check-not-exists", "none")],
    [kv("check-session", "old", { Session: "" })],
    [kv("check-session", "old", { Session: "x" })],
    [kv("check-session", "none", { Session: "x" })],
  ]),
  transactions("a key without a name or a verb that is none is refused before anything is tried", [
    [kv("set", ""), kv("get", "none")],
    [kv("get", "")],
    [kv("get-tree", "")],
    [kv("", "a")],
    [kv("get-or-empty", "a")],
    [kv("GET", "old")],
  ]),
  {
    name: "the index of a key is what check-index, cas and delete-cas want",
    run: async ({ agent }) => {
      await ask(agent, "PUT /v1/kv/at", { body: "1" });
      const { index } = await indexed(agent, "GET /v1/kv/at");
      const first = [kv("check-index", "at", { Index: index }), kv("cas", "at", { Index: index, Value: base64("2") })];
      const replies = [await ask(agent, "PUT /v1/txn", { body: first })];
      const next = (await indexed(agent, "GET /v1/kv/at")).index;
      replies.push(await ask(agent, "PUT /v1/txn", { body: [kv("delete-cas", "at", { Index: next })] }));
      replies.push(await ask(agent, "PUT /v1/txn", { body: [kv("get", "at")] }));
      return withoutIndexes(replies);
    },
  },
  {
    name: "locks are taken, checked and given back",
    run: async ({ agent }) => {
      const session = async (): Promise<string> =>
        ((await ask(agent, "PUT /v1/session/create")).body as { ID: string }).ID;
      const [mine, other] = [await session(), await session()];
      const steps = [
        kv("lock", "lock", { Session: mine, Value: base64("1") }),
        kv("lock", "lock", { Session: mine, Value: base64("2") }),
        kv("check-session", "lock", { Session: mine }),
        kv("check-session", "lock", { Session: other }),
        kv("lock", "lock", { Session: other }),
        kv("unlock", "lock", { Session: other }),
        kv("unlock", "none", { Session: mine }),
        kv("unlock", "lock", { Session: mine }),
        kv("unlock", "lock", { Session: mine }),
        kv("lock", "lock", { Session: other }),
        kv("lock", "lock", {}),
        kv("lock", "lock", { Session: absent }),
        kv("lock", "lock", { Session: "x" }),
        kv("unlock", "lock", {}),
      ];
      const replies: unknown[] = [];
      for (const step of steps) replies.push(await ask(agent, "PUT /v1/txn", { body: [step] }));
      return withoutIndexes(replies);
    },
  },
  {
    name: "watchers of what it wrote are woken, once it is all written",
    run: async ({ agent, server }) => {
      await ask(agent, "PUT /v1/kv/watched/a", { body: "1" });
      const { index } = await indexed(agent, "GET /v1/kv/watched/?recurse");
      const waiting = indexed(agent, `GET /v1/kv/watched/?recurse&index=${index}&wait=10s`);
      await ask(server, "PUT /v1/txn", { body: [set("watched/a", "3"), kv("get", "none")] });
      await ask(server, "PUT /v1/txn", { body: [set("watched/a", "2"), set("watched/b", "2")] });
      return withoutIndexes([await waiting]);
    },
  },
  transactions("64 steps are done", [Array.from({ length: 64 }, (_, at) => set(`many/${at}`, `${at}`))]),
  refused(
    "65 steps are refused",
    Array.from({ length: 65 }, (_, at) => set(`many/${at}`, `${at}`)),
  ),
  refused("more than 512 kB are refused", [set("large", "x".repeat(400_000))]),
  refused("no steps are done well", []),
  refused("a step on nothing is passed over", [{}]),
  ...["Node", "Service", "Check"].map(
    (kind): Behaviour<ConsulBackend> => ({
      name: `a step on a ${kind.toLowerCase()}`,
      run: async ({ agent }) => {
        const { status, body } = await ask(agent, "PUT /v1/txn", { body: [{ [kind]: { Verb: "nope" } }] });
        return [status, typeof body === "string" ? body : "JSON"];
      },
      differs: { embedded: "it keeps to keys, and says so" },
    }),
  ),
  refused("names have any case", [{ kv: { verb: "check-not-exists", key: "none" } }]),
  refused("an unknown datacenter is refused", [], "PUT /v1/txn?dc=elsewhere"),
  ...[
    "",
    "{",
    "[",
    "{}",
    "null",
    '"text"',
    "[5]",
    '[{"KV":5}]',
    '[{"Session":{}}]',
    '[{"KV":{"Verb":"set","Key":"a","What":1}}]',
    '[{"KV":{"Verb":"set","Key":"a","Value":5}}]',
    '[{"KV":{"Verb":"set","Key":"a","Value":"!!"}}]',
    '[{"KV":{"Verb":"set","Key":"a","Value":"YQ"}}]',
    '[{"KV":{"Verb":"set","Key":"a","Flags":"x"}}]',
    '[{"KV":{"Verb":"set","Key":"a","Flags":-1}}]',
    '[{"KV":{"Verb":"set","Key":"a","Flags":1.5}}]',
    '[{"KV":{"Verb":5}}]',
    '[{"KV":{"Verb":"check-not-exists","Key":"none"}}] trailing',
  ].map((body) => refused(`the body ${body}`, body)),
  ...["GET /v1/txn", "POST /v1/txn"].map((what) => refused(what, undefined, what)),
];

contract({ title: "Consul: transactions", backends, behaviours });
