import type { Consul } from "@minicluster/servers";
import { expect } from "vitest";
import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { ask, indexed, type Question, type Reply } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { ranks } from "./ranks.ts";

type Indexed = Reply & { index: number };

/** Asks one after the other, below a folder of its own. */
async function tell(consul: Consul, questions: readonly (string | readonly [what: string, body: unknown])[]) {
  const replies: [string, Indexed][] = [];
  for (const question of questions) {
    const [what, body] = typeof question === "string" ? [question, undefined] : question;
    replies.push([what, await indexed(consul, what, body === undefined ? {} : { body })]);
  }
  return replies;
}

/** Questions to an agent; the transcript has the order of the indexes. */
function dialogue(
  name: string,
  questions: readonly (string | readonly [what: string, body: unknown])[],
): Behaviour<ConsulBackend> {
  return { name, run: async ({ agent }) => mask(ranks(await tell(agent, questions))) };
}

/** What each agent refuses or does; nothing of it has an index to tell. */
function questions(list: readonly string[], question: Question = {}): Behaviour<ConsulBackend>[] {
  return list.map((what) => ({
    name: what,
    run: async ({ server, agent }) => mask([await ask(server, what, question), await ask(agent, what, question)]),
  }));
}

/** Asks with the index of a first answer; waits no longer than `wait`. */
async function afterwards(consul: Consul, what: string, change: () => Promise<unknown>, wait = "5s") {
  const first = await indexed(consul, what);
  const separator = what.includes("?") ? "&" : "?";
  const waiting = indexed(consul, `${what}${separator}index=${first.index}&wait=${wait}`);
  await change();
  const second = await waiting;
  return { first, second, woken: second.index > first.index };
}

const session = async (consul: Consul): Promise<string> => {
  const { body } = await ask(consul, "PUT /v1/session/create");
  expect(body).toHaveProperty("ID");
  return (body as { ID: string }).ID;
};

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  dialogue("a key is written, read, written again and deleted", [
    "GET /v1/kv/one/a",
    ["PUT /v1/kv/one/a", "first"],
    "GET /v1/kv/one/a",
    ["PUT /v1/kv/one/a", "second"],
    "GET /v1/kv/one/a",
    "GET /v1/kv/one/a?raw",
    "DELETE /v1/kv/one/a",
    "GET /v1/kv/one/a",
    "GET /v1/kv/one/a?raw",
    "DELETE /v1/kv/one/a",
    ["PUT /v1/kv/one/a", "third"],
    "GET /v1/kv/one/a",
  ]),
  dialogue("writing what is there already changes no index", [
    ["PUT /v1/kv/same/a?flags=3", "value"],
    "GET /v1/kv/same/a",
    ["PUT /v1/kv/same/a?flags=3", "value"],
    "GET /v1/kv/same/a",
    ["PUT /v1/kv/same/a", "value"],
    "GET /v1/kv/same/a",
  ]),
  dialogue("a missing key tells the index of all keys, one that is there its own", [
    ["PUT /v1/kv/index/a", "1"],
    ["PUT /v1/kv/index/b", "1"],
    "GET /v1/kv/index/a",
    "GET /v1/kv/index/none",
    "GET /v1/kv/index/?recurse",
    "GET /v1/kv/index/?keys",
    "GET /v1/kv/index/none?recurse",
    "GET /v1/kv/index/none?keys",
    "DELETE /v1/kv/index/none",
    "GET /v1/kv/index/none",
  ]),
  dialogue("a prefix tells the index of its last change, a deletion included", [
    ["PUT /v1/kv/tomb/a", "1"],
    ["PUT /v1/kv/tomb/b", "1"],
    ["PUT /v1/kv/tombs", "1"],
    "GET /v1/kv/tomb/?recurse",
    "DELETE /v1/kv/tomb/a",
    "GET /v1/kv/tomb/?recurse",
    "GET /v1/kv/tomb/a?keys",
    ["PUT /v1/kv/tombs", "2"],
    "GET /v1/kv/tomb/?keys",
    "GET /v1/kv/tomb?keys",
    "DELETE /v1/kv/tomb/?recurse",
    "GET /v1/kv/tomb/?keys",
    "GET /v1/kv/tomb/b?recurse",
    ["PUT /v1/kv/tombs", "3"],
    "GET /v1/kv/tomb/?recurse",
    "GET /v1/kv/tomb/b?recurse",
    "DELETE /v1/kv/tomb/?recurse",
    "GET /v1/kv/tomb/?recurse",
  ]),
  dialogue("keys are listed in order, up to a separator", [
    ...["a", "b/c", "b/d", "e", "", "b-", "B"].map((key) => [`PUT /v1/kv/list/${key}`, key] as const),
    ["PUT /v1/kv/listed", ""],
    "GET /v1/kv/list/?keys",
    "GET /v1/kv/list/?keys&separator=/",
    "GET /v1/kv/list?keys&separator=/",
    "GET /v1/kv/list/?keys&separator=",
    "GET /v1/kv/list/?keys&separator=b",
    "GET /v1/kv/list/b?keys&separator=/",
    "GET /v1/kv/list/?keys&recurse",
    "GET /v1/kv/list/?recurse",
    "GET /v1/kv/list/b/?recurse&raw",
    "GET /v1/kv/list/e?recurse&raw",
    "GET /v1/kv/list/",
    "GET /v1/kv/list/?raw",
    "DELETE /v1/kv/list/b?recurse",
    "GET /v1/kv/list?keys",
  ]),
  dialogue("cas writes a key that is not there, or is at that index", [
    ["PUT /v1/kv/cas/a?cas=0", "1"],
    ["PUT /v1/kv/cas/a?cas=0", "2"],
    ["PUT /v1/kv/cas/a?cas=1", "2"],
    ["PUT /v1/kv/cas/b?cas=1", "2"],
    "GET /v1/kv/cas/?recurse",
    "DELETE /v1/kv/cas/a?cas=0",
    "DELETE /v1/kv/cas/a?cas=1",
    "DELETE /v1/kv/cas/none?cas=1",
    "GET /v1/kv/cas/?recurse",
  ]),
  {
    name: "cas with the index of the key writes and deletes",
    run: async ({ agent }) => {
      const modified = async (): Promise<number> => (await indexed(agent, "GET /v1/kv/cas2")).index;
      await ask(agent, "PUT /v1/kv/cas2", { body: "1" });
      const replies = [await ask(agent, `PUT /v1/kv/cas2?cas=${await modified()}`, { body: "2" })];
      replies.push(await ask(agent, "GET /v1/kv/cas2?raw"));
      replies.push(await ask(agent, `DELETE /v1/kv/cas2?cas=${await modified()}`));
      replies.push(await ask(agent, "GET /v1/kv/cas2"));
      return replies;
    },
  },
  {
    name: "flags are 64 bits",
    run: async ({ agent }) => {
      const texts: string[] = [];
      for (const flags of ["0", "42", "9007199254740993", "3304740253564472344", "18446744073709551615"]) {
        await ask(agent, `PUT /v1/kv/flags?flags=${flags}`, { body: '<"&>' });
        const answer = await fetch(`${agent.address}/v1/kv/flags`);
        texts.push((await answer.text()).replace(/Index":\d+/g, 'Index":0'));
      }
      return texts;
    },
  },
  {
    name: "a value is bytes, whatever they are",
    run: async ({ agent }) => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      await fetch(`${agent.address}/v1/kv/bytes`, { method: "PUT", body: bytes });
      const headers = { "Accept-Encoding": "identity" };
      const raw = await fetch(`${agent.address}/v1/kv/bytes?raw`, { headers });
      expect(Buffer.from(await raw.arrayBuffer())).toEqual(bytes);
      await ask(agent, "PUT /v1/kv/no-bytes");
      return ranks([
        [...raw.headers].filter(([name]) => /^(content|x-content)/.test(name)),
        await indexed(agent, "GET /v1/kv/bytes"),
        await indexed(agent, "GET /v1/kv/no-bytes"),
        await indexed(agent, "GET /v1/kv/no-bytes?raw"),
      ]);
    },
  },
  {
    name: "a value has 512 kB at most",
    run: async ({ server, agent }) => [
      await ask(server, "PUT /v1/kv/large", { body: "x".repeat(524_288) }),
      ((await ask(agent, "GET /v1/kv/large?raw")).body as string).length,
      await ask(server, "PUT /v1/kv/large", { body: "x".repeat(524_289) }),
      await ask(agent, "PUT /v1/kv/large", { body: "x".repeat(600_000) }),
      ((await ask(agent, "GET /v1/kv/large?raw")).body as string).length,
      await ask(agent, "DELETE /v1/kv/large"),
    ],
  },
  dialogue("keys are unescaped, and told as they are", [
    ["PUT /v1/kv/url/a%20b%2Fc%3Fd%C3%A9+x", "1"],
    "GET /v1/kv/url/a%20b/c%3Fd%C3%A9+x",
    ["PUT /v1/kv/url/%F0%9F%98%80", "1"],
    ["PUT /v1/kv/url/%26%3C%3E%22", "1"],
    ["PUT /v1/kv/url/100%25", "1"],
    "GET /v1/kv/url/?keys",
    "GET /v1/kv/url/a?keys&separator=%20",
    ["PUT /v1/kv/url//slash", "1"],
    ["PUT /v1/kv/url/x/../y", "1"],
    "GET /v1/kv/url//slash",
  ]),
  ...questions(
    [
      "PUT /v1/kv/",
      "PUT /v1/kv/bad?flags=x",
      "PUT /v1/kv/bad?flags=",
      "PUT /v1/kv/bad?flags=-1",
      "PUT /v1/kv/bad?flags=18446744073709551616",
      "PUT /v1/kv/bad?cas=x",
      "PUT /v1/kv/bad?cas=",
      "PUT /v1/kv/bad?acquire=",
      "PUT /v1/kv/bad?acquire=nope",
      "PUT /v1/kv/bad?acquire=adf4238a-882b-9ddc-4a9d-5b6758e4159e",
      "PUT /v1/kv/bad?acquire=zdf4238a-882b-9ddc-4a9d-5b6758e4159e",
      "PUT /v1/kv/bad?acquire=adf4238a--82b-9ddc-4a9d-5b6758e4159e",
      "PUT /v1/kv/bad?acquire=adf4238aa882b-9ddc-4a9d-5b6758e4159e",
      "PUT /v1/kv/bad?acquire=adf4238aa88-b-9ddc-4a9d-5b6758e4159e",
      "PUT /v1/kv/bad?release=",
      "PUT /v1/kv/bad?release=nope",
      "PUT /v1/kv/bad?release=adf4238a-882b-9ddc-4a9d-5b6758e4159e",
      "PUT /v1/kv/bad?acquire=x&release=y",
      "PUT /v1/kv/bad?cas=1&acquire=x",
      "PUT /v1/kv/bad?cas=1&release=a%20b&flags=1",
      "PUT /v1/kv/bad?dc=elsewhere",
    ],
    { body: "value" },
  ),
  ...questions([
    "GET /v1/kv",
    "GET /v1/kv/",
    "GET /v1/kv/?raw",
    "DELETE /v1/kv/",
    "DELETE /v1/kv/bad?cas=x",
    "DELETE /v1/kv/bad?cas=1&recurse",
    "POST /v1/kv/bad",
    "HEAD /v1/kv/bad",
    "OPTIONS /v1/kv/bad",
    "GET /v1/kv/bad?index=x",
    "GET /v1/kv/bad?index=-1",
    "GET /v1/kv/bad?wait=x",
    "GET /v1/kv/bad?index=1&wait=10",
    "GET /v1/kv/bad?consistent&stale",
    "GET /v1/kv/bad?dc=elsewhere",
    "GET /v1/kv/bad?recurse&dc=elsewhere",
    "DELETE /v1/kv/bad?dc=elsewhere",
  ]),
  {
    name: "the empty prefix has every key, and the index of all",
    run: async ({ agent }) => {
      await ask(agent, "DELETE /v1/kv/?recurse");
      return mask(
        ranks(
          await tell(agent, [
            "GET /v1/kv/?keys",
            "GET /v1/kv/?recurse",
            ["PUT /v1/kv/every/a", "1"],
            ["PUT /v1/kv/b", "1"],
            "GET /v1/kv/?keys",
            "GET /v1/kv/?keys&separator=/",
            "GET /v1/kv/?recurse",
            "DELETE /v1/kv/every/a",
            "GET /v1/kv/?recurse",
          ]),
        ),
      );
    },
  },
  {
    name: "a session takes, keeps and gives back a lock",
    run: async ({ agent }) => {
      const [mine, other] = [await session(agent), await session(agent)];
      const replies = await tell(agent, [
        [`PUT /v1/kv/lock/a?acquire=${mine}`, "mine"],
        "GET /v1/kv/lock/a",
        [`PUT /v1/kv/lock/a?acquire=${other}`, "other"],
        "GET /v1/kv/lock/a",
        [`PUT /v1/kv/lock/a?acquire=${mine}&flags=7`, "mine again"],
        "GET /v1/kv/lock/a",
        [`PUT /v1/kv/lock/a?acquire=${mine}&flags=7`, "mine again"],
        "GET /v1/kv/lock/a",
        [`PUT /v1/kv/lock/a?release=${other}`, "other"],
        [`PUT /v1/kv/lock/a?release=${mine}`, "free"],
        "GET /v1/kv/lock/a",
        [`PUT /v1/kv/lock/a?release=${mine}`, "free"],
        [`PUT /v1/kv/lock/a?acquire=${other}`, "other"],
        "GET /v1/kv/lock/a",
      ]);
      return mask(ranks(replies));
    },
  },
  {
    name: "a plain write keeps the session of a lock, but not its lock index; deleting takes both",
    run: async ({ agent }) => {
      const mine = await session(agent);
      const replies = await tell(agent, [
        ["PUT /v1/kv/lock/b", "before"],
        [`PUT /v1/kv/lock/b?acquire=${mine}`, "mine"],
        "GET /v1/kv/lock/b",
        ["PUT /v1/kv/lock/b", "plain"],
        "GET /v1/kv/lock/b",
        ["PUT /v1/kv/lock/b?cas=0", "cas"],
        [`PUT /v1/kv/lock/b?acquire=${mine}`, "mine"],
        "GET /v1/kv/lock/b",
        "DELETE /v1/kv/lock/b",
        ["PUT /v1/kv/lock/b", "after"],
        "GET /v1/kv/lock/b",
      ]);
      return mask(ranks(replies));
    },
  },
  {
    name: "a read waits for a change of its key",
    run: async ({ agent, server }) => {
      await ask(agent, "PUT /v1/kv/wait/a", { body: "1" });
      const written = await afterwards(agent, "GET /v1/kv/wait/a", async () => {
        await ask(server, "PUT /v1/kv/wait/b", { body: "unrelated" });
        await ask(server, "PUT /v1/kv/wait/a", { body: "2" });
      });
      const deleted = await afterwards(agent, "GET /v1/kv/wait/a", () => ask(server, "DELETE /v1/kv/wait/a"));
      const created = await afterwards(agent, "GET /v1/kv/wait/a", () =>
        ask(server, "PUT /v1/kv/wait/a", { body: "3" }),
      );
      expect([written.woken, deleted.woken, created.woken]).toEqual([true, true, true]);
      return mask(ranks([written, deleted, created]));
    },
  },
  {
    name: "a read waits for a change below its prefix",
    run: async ({ agent, server }) => {
      await ask(agent, "PUT /v1/kv/wait/p/a", { body: "1" });
      const what = "GET /v1/kv/wait/p/?recurse";
      const added = await afterwards(agent, what, async () => {
        await ask(server, "PUT /v1/kv/wait/other", { body: "unrelated" });
        await ask(server, "PUT /v1/kv/wait/p/b", { body: "2" });
      });
      const deleted = await afterwards(agent, what, () => ask(server, "DELETE /v1/kv/wait/p/a"));
      const emptied = await afterwards(agent, what, () => ask(server, "DELETE /v1/kv/wait/p?recurse"));
      const filled = await afterwards(agent, "GET /v1/kv/wait/p/?keys", () =>
        ask(server, "PUT /v1/kv/wait/p/c", { body: "2" }),
      );
      return mask(ranks([added, deleted, emptied, filled]));
    },
  },
  {
    name: "a read that waits in vain answers when its time is over, with the same index",
    run: async ({ agent, server }) => {
      await ask(agent, "PUT /v1/kv/vain/a", { body: "1" });
      const unrelated = (): Promise<unknown> => ask(server, "PUT /v1/kv/elsewhere", { body: `${Math.random()}` });
      const same = (): Promise<unknown> => ask(server, "PUT /v1/kv/vain/a", { body: "1" });
      const key = await afterwards(agent, "GET /v1/kv/vain/a", unrelated, "300ms");
      const prefix = await afterwards(agent, "GET /v1/kv/vain/?recurse", unrelated, "300ms");
      const unchanged = await afterwards(agent, "GET /v1/kv/vain/a", same, "300ms");
      expect([key.woken, prefix.woken, unchanged.woken]).toEqual([false, false, false]);
      return mask(ranks([key, prefix, unchanged]));
    },
  },
];

contract({ title: "Consul: KV", backends, behaviours });
