import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { ask } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { consulCommand, type Ran, startConsulCommand } from "./consul-command.ts";

type Call = readonly string[] | { args: readonly string[]; input: string };

/** Commands one after the other; what they print, without indexes and sessions. */
function commands(name: string, calls: readonly Call[]): Behaviour<ConsulBackend> {
  return {
    name,
    run: async (backend) => {
      const transcript: unknown[] = [];
      for (const call of calls) {
        const [args, input] = "args" in call ? [call.args, call.input] : [call, ""];
        transcript.push([args.join(" "), plain(await consulCommand(backend, args, input))]);
      }
      return mask(transcript);
    },
  };
}

function plain({ code, stdout, stderr }: Ran): Ran {
  const numbers = (text: string): string =>
    text.replace(/((?:Create|Modify)Index\s+)\d+/g, "$1#").replace(/\(try [^)]*\)/g, "");
  return { code, stdout: numbers(stdout), stderr: numbers(stderr) };
}

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  commands("consul kv puts, gets and deletes", [
    ["kv", "get", "cli/a"],
    ["kv", "put", "cli/a", "first"],
    ["kv", "get", "cli/a"],
    ["kv", "put", "-flags=42", "cli/b/c", "second"],
    ["kv", "get", "-detailed", "cli/b/c"],
    ["kv", "get", "-base64", "cli/a"],
    ["kv", "get", "-recurse", "cli/"],
    ["kv", "get", "-keys", "cli/"],
    ["kv", "get", "-keys", "-separator=", "cli/"],
    { args: ["kv", "put", "cli/stdin", "-"], input: "from the standard input\n" },
    ["kv", "get", "cli/stdin"],
    ["kv", "put", "cli/empty"],
    ["kv", "get", "cli/empty"],
    ["kv", "put", "-base64", "cli/b64", "aGVsbG8="],
    ["kv", "get", "cli/b64"],
    ["kv", "delete", "cli/a"],
    ["kv", "delete", "-recurse", "cli/"],
    ["kv", "get", "-recurse", "cli/"],
    ["kv", "get", "-keys", "cli/"],
    ["kv", "get", ""],
    ["kv", "delete", "cli/none"],
  ]),
  commands("consul kv puts and deletes with cas", [
    ["kv", "put", "-cas", "-modify-index=0", "cas/a", "1"],
    ["kv", "put", "-cas", "-modify-index=0", "cas/a", "2"],
    ["kv", "put", "-cas", "-modify-index=1", "cas/a", "2"],
    ["kv", "delete", "-cas", "-modify-index=1", "cas/a"],
    ["kv", "get", "cas/a"],
    ["kv", "put", "-acquire", "-session=adf4238a-882b-9ddc-4a9d-5b6758e4159e", "cas/a", "2"],
    ["kv", "put", "-acquire", "-session=x", "cas/a", "2"],
  ]),
  {
    name: "consul kv puts under a lock",
    run: async (backend) => {
      const { ID } = (await ask(backend.agent, "PUT /v1/session/create")).body as { ID: string };
      const transcript: unknown[] = [];
      for (const args of [
        ["kv", "put", "-acquire", `-session=${ID}`, "held", "mine"],
        ["kv", "get", "-detailed", "held"],
        ["kv", "put", "-release", `-session=${ID}`, "held", "free"],
        ["kv", "put", "-release", `-session=${ID}`, "held", "free"],
        ["kv", "get", "-detailed", "held"],
      ]) {
        transcript.push(plain(await consulCommand(backend, args)));
      }
      await ask(backend.agent, `PUT /v1/session/destroy/${ID}`);
      return mask(transcript);
    },
  },
  {
    name: "consul kv exports what consul kv imports",
    run: async (backend) => {
      await ask(backend.agent, "DELETE /v1/kv/?recurse");
      const entries = [
        { key: "import/a", flags: 0, value: Buffer.from("one").toString("base64") },
        { key: "import/b/c", flags: 7, value: "" },
      ];
      const imported = await consulCommand(backend, ["kv", "import", "-"], JSON.stringify(entries));
      const exported = await consulCommand(backend, ["kv", "export", "import/"]);
      const all = await consulCommand(backend, ["kv", "export"]);
      const wrong = await consulCommand(backend, ["kv", "import", "-"], "{");
      return [imported, exported, all, wrong];
    },
  },
  {
    name: "consul lock runs a command while it holds the lock, and leaves nothing behind",
    run: async (backend) => {
      const ran = await consulCommand(backend, ["lock", "-name=test", "locks/one", "echo inside"]);
      const kept = await ask(backend.agent, "GET /v1/kv/locks?keys");
      const sessions = await ask(backend.agent, "GET /v1/session/list");
      return mask([ran, kept.status, sessions.body]);
    },
  },
  {
    name: "consul lock takes turns with another, and shares a semaphore",
    run: async (backend) => {
      const turns = await Promise.all(
        ["first", "second"].map((word) => consulCommand(backend, ["lock", "locks/turns", `echo ${word}`])),
      );
      const shared = await Promise.all(
        ["first", "second"].map((word) => consulCommand(backend, ["lock", "-n=2", "locks/shared", `echo ${word}`])),
      );
      const failed = await consulCommand(backend, ["lock", "locks/failed", "exit 3"]);
      return mask([turns, shared, failed]);
    },
  },
  {
    name: "consul lock gives up after its timeout",
    run: async (backend) => {
      const { ID } = (await ask(backend.agent, "PUT /v1/session/create")).body as { ID: string };
      // Flags and value as the command line would write them.
      await ask(backend.agent, `PUT /v1/kv/locks/taken/.lock?acquire=${ID}&flags=3304740253564472344`, { body: "" });
      const ran = await consulCommand(backend, ["lock", "-timeout=300ms", "locks/taken", "echo never"]);
      await ask(backend.agent, `PUT /v1/session/destroy/${ID}`);
      return mask(ran);
    },
  },
  commands("consul event fires", [
    ["event", "-name=deploy"],
    ["event", "-name=deploy", "-node=^agent$", "payload"],
    ["event", "-name=deploy", "-tag=x"],
    ["event"],
  ]),
  {
    name: "consul watch prints what is there, and again when it changes",
    run: async (backend) => {
      const { agent } = backend;
      await ask(agent, "PUT /v1/kv/seen", { body: "1" });
      const once = await consulCommand(backend, ["watch", "-type=key", "-key=seen"]);
      const prefix = await consulCommand(backend, ["watch", "-type=keyprefix", "-prefix=see"]);
      await using watch = startConsulCommand(backend, ["watch", "-type=key", "-key=seen", "cat; echo"]);
      const times = (count: number) => watch.printed((text) => text.split("\n\n").length > count);
      await times(1);
      await ask(agent, "PUT /v1/kv/unseen", { body: "1" });
      await ask(agent, "PUT /v1/kv/seen", { body: "2" });
      await times(2);
      await ask(agent, "DELETE /v1/kv/seen");
      await times(3);
      return [once.stdout, prefix.stdout, watch.stdout].map((text) => text.replace(/(Index":\s*)[1-9]\d*/g, "$1#"));
    },
  },
];

contract({ title: "Consul: the command line on keys, locks and events", backends, behaviours });
