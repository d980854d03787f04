import { sleep, systemClock } from "@minicluster/core";
import { type DevCluster, startDevCluster } from "@minicluster/devcluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { inForm, missing, on, seedLegs } from "./legs.ts";
import { healthOf, startTodo, untilHealthy } from "./todo-service.ts";
import { passingAgain, underLoad } from "./under-load.ts";

const leaseMs = 5_000;

describe.each(inForm(seedLegs))("every $name is away under 500 queries/s, with a lease of 5 s", (leg) => {
  /** How long after the lease's end every Vault is still away. */
  const pastMs = leg.engine === "real" ? 30_000 : 10_000;
  let cluster: DevCluster;
  let reason: string | undefined;

  beforeAll(async () => {
    reason = await missing(leg);
    if (!reason) cluster = await startDevCluster(on(leg, { nodes: 2, leaseTtl: "5s", maxTtl: "20s" }));
  });

  afterAll(() => cluster?.close());

  const activeNode = () => eventually("an active Vault", leg.takeoverMs, () => cluster.vault.active());

  it("both are killed until long past the lease's end, restarted and unsealed: no query fails, todo says 429 and then 200", async ({
    skip,
  }) => {
    if (reason) skip(reason);
    await activeNode();
    const todo = await startTodo(cluster);
    await untilHealthy(todo);
    const summary = await underLoad(cluster, async (load) => {
      await sleep(systemClock, 3_000);
      await Promise.all(cluster.vault.nodes.map((node) => node.kill()));
      await sleep(systemClock, leaseMs + pastMs);
      expect(load.app.health().status).toBe("degraded");
      expect(await healthOf(todo)).toBe(429);
      expect((await fetch(`${todo.address}/todo`)).status).toBe(200);
      await Promise.all(cluster.vault.nodes.map((node) => node.restart()));
      await cluster.vault.unseal();
      await activeNode();
      await passingAgain(load);
      await untilHealthy(todo, 10_000);
      await sleep(systemClock, 10_000);
      expect(load.statuses).not.toContain("critical");
    });
    console.log("both killed:", summary);
    expect(summary.failures).toEqual({});
  });
});
