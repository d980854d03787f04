import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { ask } from "./asking.ts";
import { conversation } from "./conversation.ts";
import { type Node, nodes } from "./node-backends.ts";

type Json = Record<string, unknown>;

/** What a file audit of its own gets while `asked` is asked; `{{file}}` is the file, `{{log}}` the device. */
function audited(
  name: string,
  options: Readonly<Record<string, string>>,
  run: (node: Node, device: string) => Promise<void>,
): Behaviour<Node> {
  return {
    name,
    differs: { "1.14.0": "it names the mount's class, point and version" },
    run: async (node) => {
      const directory = await mkdtemp(join(tmpdir(), "audit-"));
      const file = join(directory, "audit.log");
      const device = `log${Math.random().toString(36).slice(2)}`;
      try {
        const enabled = await ask(node, `PUT sys/audit/${device}`, {
          type: "file",
          options: { file_path: file, ...options },
        });
        await run(node, device);
        const disabled = await ask(node, `DELETE sys/audit/${device}`);
        const lines = (await readFile(file, "utf8")).trim().split("\n");
        const mode = ((await stat(file)).mode & 0o777).toString(8);
        const transcript = [enabled.status, disabled.status, mode, ...lines.map((line) => shape(JSON.parse(line)))];
        return mask(transcript, { [file]: "file", [device]: "device", [node.token]: "root" });
      } finally {
        await rm(directory, { recursive: true });
      }
    },
  };
}

/** Without what the moment, the connection and the mount's number make different. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as Json)
      .sort()
      .map(([name, one]) => {
        if (name === "mount_accessor") return [name, String(one).replace(/_[0-9a-f]{8}$/, "_<8>")];
        if (/accessor$/.test(name) && typeof one === "string") return [name, one.replace(/^[A-Za-z0-9]{24}$/, "<24>")];
        if (name === "time" || name === "creation_time") return [name, "<time>"];
        if (name === "remote_port") return [name, typeof one];
        if (name === "warnings") return [name, "<warnings>"];
        return [name, shape(one)];
      })
      .filter(([name]) => name !== "warnings"),
  );
}

contract({
  title: "Vault: audit",
  backends: nodes,
  behaviours: [
    audited("each request and answer is a line, its values hashed", {}, async (node) => {
      await ask(node, "PUT cubbyhole/a", { s: "abc", n: 5, b: true, nothing: null, o: { x: ["abc", 1] } });
      await ask(node, "GET cubbyhole/a");
      await ask(node, "LIST cubbyhole");
      await ask(node, "GET cubbyhole/nope");
      await ask(node, "GET cubbyhole/a", undefined, { wrap: "60s" });
    }),
    audited("log_raw keeps the values", { log_raw: "true" }, async (node) => {
      await ask(node, "PUT cubbyhole/a", { s: "abc" });
      await ask(node, "GET cubbyhole/a");
    }),
    audited("what is refused is written too", {}, async (node) => {
      await ask(node, "GET cubbyhole/a", undefined, { token: "nope" });
      await ask(node, "PUT sys/audit-hash/nope", { input: "abc" });
    }),
    {
      name: "audit-hash gives the hash that the log has",
      run: async (node) => {
        const directory = await mkdtemp(join(tmpdir(), "audit-"));
        const file = join(directory, "audit.log");
        try {
          await ask(node, "PUT sys/audit/hashed", { type: "file", options: { file_path: file } });
          await ask(node, "PUT cubbyhole/a", { s: "find me" });
          const { status, body } = await ask(node, "PUT sys/audit-hash/hashed", { input: "find me" });
          await ask(node, "DELETE sys/audit/hashed");
          const log = await readFile(file, "utf8");
          const { hash } = (body as { data: { hash: string } }).data;
          return [status, log.includes(`"s":"${hash}"`), log.includes("find me"), log.includes(node.token)];
        } finally {
          await rm(directory, { recursive: true });
        }
      },
    },
    conversation("devices are listed; what makes none is refused", [
      ["PUT sys/audit/~", { type: "file", description: "d", options: { file_path: "discard" } }],
      ["GET sys/audit", undefined, { only: ["data.~/", "~/.type"] }],
      ["PUT sys/audit/~", { type: "file", options: { file_path: "discard" } }],
      ["PUT sys/audit/~b", { type: "file", options: {} }],
      ["PUT sys/audit/~b", { type: "nope" }],
      ["PUT sys/audit/~b", {}],
      ["PUT sys/audit-hash/~", {}],
      ["PUT sys/audit-hash/nope", { input: "a" }],
      "DELETE sys/audit/~",
      "DELETE sys/audit/~",
    ]),
  ],
});
