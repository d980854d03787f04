import { tmpdir } from "node:os";
import { type DevCluster, startDevCluster } from "@minicluster/devcluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../e2e/eventually.ts";
import { missing, on, seedLegs } from "../e2e/legs.ts";
import { startTodo } from "../e2e/todo-service.ts";
import { modules } from "./fences.ts";
import { compileSnippets, execute, type SnippetProject } from "./snippet-project.ts";

const [realLeg, embeddedLeg] = seedLegs;
const startsReal = /\bstart(Consul|Vault|UnsealedVault)\b|requireLeg/;

const examples = modules().flatMap(({ at, mode, body }, index) =>
  mode === "cluster" ? [{ at, index, leg: startsReal.test(body) ? realLeg : embeddedLeg }] : [],
);

/** What a program needs of this machine; where servers are kept among it. */
const inherited = ["PATH", "HOME", "XDG_CACHE_HOME", "MINICLUSTER_CACHE_DIR"];

describe("examples that need a cluster", () => {
  let project: SnippetProject | undefined;
  let cluster: DevCluster | undefined;

  beforeAll(async () => {
    if (!embeddedLeg || (await missing(embeddedLeg))) return;
    project = await compileSnippets();
    cluster = await startDevCluster(on(embeddedLeg, { nodes: 1 }));
    await startTodo(cluster);
    const passing = `${cluster.consul.agent.address}/v1/health/service/todo?passing`;
    await eventually("todo passes its check", 30_000, async () => ((await entries(passing)) > 0 ? true : undefined));
  });

  afterAll(async () => {
    await cluster?.close();
    project?.[Symbol.dispose]();
  });

  it.for(examples)("$at runs and ends by itself", async ({ index, leg }, { skip }) => {
    const reason = leg && (await missing(leg));
    if (reason) skip(reason);
    const env = { ...Object.fromEntries(inherited.map((name) => [name, process.env[name]])), ...cluster?.env("todo") };
    const file = project?.snippets[index]?.file ?? "";
    const { code, output } = await execute(process.execPath, [file], { cwd: tmpdir(), env, timeout: 60_000 });
    expect(code, output).toBe(0);
  });
});

async function entries(url: string): Promise<number> {
  return ((await (await fetch(url)).json()) as unknown[]).length;
}
