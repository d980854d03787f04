import { sleep, systemClock } from "@minicluster/core";
import { type DevCluster, startDevCluster } from "@minicluster/devcluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { inForm, missing, on, seedLegs } from "./legs.ts";
import { passingAgain, underLoad } from "./under-load.ts";

describe.each(inForm(seedLegs))(
  "the leader of $name fails under 500 queries/s, with a lease of 5 s and a max TTL of 20 s",
  (leg) => {
    const { takeoverMs } = leg;
    let cluster: DevCluster;
    let reason: string | undefined;

    beforeAll(async () => {
      reason = await missing(leg);
      if (!reason) cluster = await startDevCluster(on(leg, { nodes: 2, leaseTtl: "5s", maxTtl: "20s" }));
    });

    afterAll(() => cluster?.close());

    const activeNode = () => eventually("an active Vault", takeoverMs, () => cluster.vault.active());

    it("the active node is killed: no query fails, health is degraded and then passing", async ({ skip }) => {
      if (reason) skip(reason);
      const killed = await activeNode();
      const summary = await underLoad(cluster, async (load) => {
        await sleep(systemClock, 3_000);
        await killed.kill();
        await eventually("degraded", 20_000, async () => load.app.health().status === "degraded" || undefined);
        await eventually("the standby active", takeoverMs, async () => {
          const active = await cluster.vault.active();
          return active !== killed ? active : undefined;
        });
        await passingAgain(load);
        await sleep(systemClock, 10_000);
        expect(load.statuses).not.toContain("critical");
      });
      console.log("active killed:", summary);
      expect(summary.failures).toEqual({});
      await killed.restart();
      await cluster.vault.unseal(killed);
    });

    it("the active node is frozen, then thawed: no query fails", async ({ skip }) => {
      if (reason) skip(reason);
      const frozen = await activeNode();
      const summary = await underLoad(cluster, async (load) => {
        await sleep(systemClock, 3_000);
        await frozen.pause();
        await eventually("the standby active", takeoverMs, async () => {
          const active = await cluster.vault.active();
          return active !== frozen ? active : undefined;
        });
        await sleep(systemClock, 2_000);
        await frozen.resume();
        await sleep(systemClock, 10_000);
        await passingAgain(load);
        expect(load.statuses).not.toContain("critical");
      });
      console.log("active frozen:", summary);
      expect(summary.failures).toEqual({});
    });
  },
);
