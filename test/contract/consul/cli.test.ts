import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Consul } from "@minicluster/servers";
import { expect } from "vitest";
import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { ask } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { consulCommand, type Ran } from "./consul-command.ts";
import { until } from "./transcript.ts";

/** Runs the real program `consul` against an agent; columns are put apart by one space, as their width differs by chance. */
async function run({ cli }: ConsulBackend, agent: Consul, ...args: string[]): Promise<Ran> {
  const { code, stdout, stderr } = await consulCommand({ cli, agent }, args);
  const tidy = (text: string): string => text.replaceAll(agent.address, "<agent>").replaceAll(/ +/g, " ");
  return { code, stdout: tidy(stdout), stderr: tidy(stderr) };
}

async function withFile(text: string, work: (file: string) => Promise<unknown>): Promise<unknown> {
  const directory = await mkdtemp(join(tmpdir(), "contract-"));
  try {
    const file = join(directory, "service.json");
    await writeFile(file, text);
    return JSON.parse(JSON.stringify(await work(file)).replaceAll(directory, "<directory>"));
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Runs one after the other on the agent. */
const runs = async (backend: ConsulBackend, ...commands: readonly (readonly string[])[]): Promise<unknown> => {
  const results: unknown[] = [];
  for (const args of commands) results.push([args.join(" "), await run(backend, backend.agent, ...args)]);
  return mask(results);
};

const settled = ({ server }: ConsulBackend): Promise<unknown> =>
  until(
    () => ask(server, "GET /v1/catalog/nodes"),
    ({ body }) => !JSON.stringify(body).includes("null"),
  );

/** Node ids are cut to eight digits there. */
const withoutIds = (transcript: unknown): unknown =>
  JSON.parse(JSON.stringify(transcript).replaceAll(/\b[0-9a-f]{8}\b/g, "<id>"));

const isEmbedded = ({ server }: ConsulBackend): boolean => server.pid === undefined;

const refusedCommands: readonly (readonly string[])[] = [
  ["force-leave", "nobody"],
  ["operator", "raft", "list-peers"],
  ["acl", "token", "list"],
  ["snapshot", "save", "/dev/null/no"],
  ["intention", "check", "a", "b"],
  ["monitor", "-log-level=none"],
];

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  {
    name: "consul members",
    run: (backend) =>
      runs(backend, ["members"], ["members", "-status=alive"], ["members", "-status=failed"], ["members", "-wan"]),
  },
  {
    name: "consul members -detailed",
    run: async (backend) => {
      const text = JSON.stringify(await runs(backend, ["members", "-detailed"]));
      return JSON.parse(text.replaceAll(/port=\d+/g, "port=<port>"));
    },
  },
  {
    name: "consul catalog datacenters, nodes, services",
    run: async (backend) => {
      await settled(backend);
      return withoutIds(
        await runs(
          backend,
          ["catalog", "datacenters"],
          ["catalog", "nodes"],
          ["catalog", "nodes", "-detailed"],
          ["catalog", "nodes", "-service=consul"],
          ["catalog", "nodes", "-service=none"],
          ["catalog", "nodes", "-node-meta=a=b"],
          ["catalog", "nodes", "-near=_agent"],
          ["catalog", "services"],
          ["catalog", "services", "-tags"],
          ["catalog", "services", "-node=agent"],
          ["catalog", "services", "-node=none"],
        ),
      );
    },
  },
  {
    name: "consul services register and deregister",
    run: (backend) => {
      const definition = {
        service: { name: "from-file", port: 80, tags: ["x"], check: { ttl: "1h" }, meta: { a: "b" } },
      };
      return withFile(JSON.stringify(definition), async (file) => [
        await runs(
          backend,
          ["services", "register", file],
          ["services", "register", "-name=from-flags", "-port=81", "-tag=y", "-address=10.0.0.1"],
          ["catalog", "services", "-tags"],
        ),
        mask(await ask(backend.agent, "GET /v1/agent/services")),
        mask(await ask(backend.agent, "GET /v1/agent/checks")),
        await runs(
          backend,
          ["services", "deregister", file],
          ["services", "deregister", "-id=from-flags"],
          ["services", "deregister", "-id=none"],
          ["services", "register"],
          ["services", "register", "-name=bad", "-address=0.0.0.0"],
          ["catalog", "services"],
        ),
      ]);
    },
  },
  {
    name: "consul maint",
    run: (backend) =>
      runs(
        backend,
        ["maint"],
        ["maint", "-enable", "-reason=upgrade"],
        ["maint"],
        ["maint", "-disable"],
        ["services", "register", "-name=kept"],
        ["maint", "-enable", "-service=kept"],
        ["maint"],
        ["maint", "-disable", "-service=kept"],
        ["maint", "-enable", "-service=none"],
        ["maint"],
        ["services", "deregister", "-id=kept"],
      ),
  },
  {
    name: "consul watch of a service, of nodes and of checks tells once",
    run: async (backend) => {
      await ask(backend.agent, "PUT /v1/agent/service/register", { body: { Name: "watched", Check: { TTL: "1h" } } });
      const told = await Promise.all(
        [
          ["watch", "-type=service", "-service=watched"],
          ["watch", "-type=service", "-service=watched", "-passingonly=true"],
          ["watch", "-type=services"],
          ["watch", "-type=nodes"],
          ["watch", "-type=checks", "-state=critical"],
          ["watch", "-type=checks", "-service=watched"],
          ["watch", "-type=keyprefix", "-prefix=none/"],
          ["watch", "-type=nothing"],
        ].map(async (args) => [args.join(" "), await run(backend, backend.agent, ...args)]),
      );
      await ask(backend.agent, "PUT /v1/agent/service/deregister/watched");
      const text = JSON.stringify(told).replace(/\\"(CreateIndex|ModifyIndex)\\": [1-9]\d*/g, "$1");
      return mask(JSON.parse(text.replace(/\\"Port\\": \d{5}/g, "Port")));
    },
  },
  {
    name: "consul force-leave, operator raft, acl, snapshot, intention and a failing monitor are refused by name",
    run: async (backend) => {
      const results: Ran[] = [];
      for (const args of refusedCommands) {
        const ran = await run(backend, backend.agent, ...args);
        if (isEmbedded(backend))
          expect([ran.code > 0, ran.stderr]).toEqual([true, expect.stringContaining("is not implemented")]);
        results.push(ran);
      }
      return mask(results);
    },
    differs: { embedded: "501 names what isn't implemented" },
  },
  {
    name: "consul monitor is refused by name, at once",
    run: async (backend) => {
      if (!isEmbedded(backend)) return "streams until it is stopped";
      const ran = await run(backend, backend.agent, "monitor");
      expect(ran.stderr + ran.stdout).toContain("/v1/agent/monitor is not implemented");
      return ran;
    },
    differs: { embedded: "501 names it" },
  },
];

contract({ title: "Consul: command line", backends, behaviours });
