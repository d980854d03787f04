import { type DevCluster, startDevCluster } from "@minicluster/devcluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { inForm, missing, on, seedLegs } from "./legs.ts";
import { healthOf, startTodo } from "./todo-service.ts";

describe.each(inForm(seedLegs))("todo is started while $name is down", (leg) => {
  let cluster: DevCluster;
  let reason: string | undefined;

  beforeAll(async () => {
    reason = await missing(leg);
    if (!reason) cluster = await startDevCluster(on(leg, { nodes: 2 }));
  });

  afterAll(() => cluster?.close());

  it("is up and critical, and serves within 2 s of sys/health answering 200", async ({ skip }) => {
    if (reason) skip(reason);
    await Promise.all(cluster.vault.nodes.map((node) => node.kill()));
    const todo = await startTodo(cluster);
    await eventually("health 503", 10_000, async () => ((await healthOf(todo)) === 503 ? true : undefined));
    expect((await fetch(`${todo.address}/todo`)).status).toBe(503);
    await Promise.all(cluster.vault.nodes.map((node) => node.restart()));
    await cluster.vault.unseal();
    await eventually("sys/health 200", 60_000, async () => {
      const answers = await Promise.all(
        cluster.vault.nodes.map(({ address }) => fetch(`${address}/v1/sys/health`).then(({ status }) => status)),
      );
      return answers.includes(200) ? true : undefined;
    });
    const back = performance.now();
    await eventually("todo serves", 2_000, async () =>
      (await fetch(`${todo.address}/todo`)).status === 200 ? true : undefined,
    );
    console.log(`served ${Math.round(performance.now() - back)} ms after Vault's return`);
    expect(todo.running).toBe(true);
  });
});
