import { fileURLToPath } from "node:url";
import { type DevCluster, type ServiceProcess, startDevCluster } from "@minicluster/devcluster";
import { requireLeg } from "@minicluster/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DevChanges } from "../src/dev-changes.ts";

const program = fileURLToPath(new URL("../../../services/todo/bin/minicluster-todo.js", import.meta.url));
const missing = (await requireLeg("mariadb")) ?? (await requireLeg("consul")) ?? (await requireLeg("vault-1.11.0"));

describe.skipIf(missing)("what dev says when something changes", () => {
  let cluster: DevCluster;
  let todo: ServiceProcess;
  let changes: DevChanges;
  const said: string[] = [];

  beforeAll(async () => {
    cluster = await startDevCluster({ vault: { nodes: 2, leaseTtl: "4s", maxTtl: "8s" } });
    todo = await cluster.run("todo", { command: process.execPath, args: [program] });
    changes = await DevChanges.watch({
      cluster,
      instances: [todo],
      services: ["todo"],
      onChange: ({ who, what }) => void said.push(`${who}: ${what}`),
    });
    await changes.passing(AbortSignal.timeout(60_000));
  });

  afterAll(async () => {
    await changes?.[Symbol.asyncDispose]();
    await cluster?.close();
  });

  /** Does something and waits until each line was said after it. */
  const says = async (lines: readonly string[], work: () => Promise<unknown>): Promise<void> => {
    const from = said.length;
    await work();
    await expect
      .poll(() => said.slice(from), { timeout: 60_000, interval: 20 })
      .toEqual(expect.arrayContaining([...lines]));
  };

  test("another leader", async () => {
    const standby = new URL((await cluster.vault.standby()).address).host;
    const leader = await cluster.vault.active();
    await says([`vault: the leader is ${standby}`], () => leader.stop());
  });

  test("no leader, then an instance that is degraded, and passing again after the return", async () => {
    await says(["vault: there is no leader", "todo1: degraded (warning)"], () =>
      Promise.all(cluster.vault.nodes.map((node) => node.stop())),
    );
    await says(["todo1: passing", expect.stringMatching(/^vault: the leader is /)], async () => {
      await Promise.all(cluster.vault.nodes.map((node) => node.restart()));
      await cluster.vault.unseal();
    });
  });

  test("a rotation, with its reason", () => says(["todo1: credentials rotated (short)"], async () => {}));

  test("an instance that is critical without MySQL, and MySQL itself", () =>
    says(["mysql: critical", "todo1: critical"], () => cluster.mysql.kill()));

  test("an instance that ended", () =>
    says(["todo1: ended (SIGKILL)"], async () => process.kill(todo.pid ?? 0, "SIGKILL")));
});
