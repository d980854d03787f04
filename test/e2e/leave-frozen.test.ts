import { type DevCluster, startDevCluster } from "@minicluster/devcluster";
import { Cluster } from "@minicluster/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { leftovers } from "./leftovers.ts";
import { inForm, missing, on, seedLegs } from "./legs.ts";

describe.each(inForm(seedLegs))("leaving while servers of $name are frozen", (leg) => {
  let cluster: DevCluster;
  let reason: string | undefined;

  beforeAll(async () => {
    reason = await missing(leg);
    if (!reason) cluster = await startDevCluster(on(leg, { nodes: 1, leaseTtl: "5s", maxTtl: "60s" }));
  });

  afterAll(() => cluster?.close());

  it("takes less than 10 s with statements under way, and their return leaves no account", async ({ skip }) => {
    if (reason) skip(reason);
    const env = cluster.env("todo");
    const app = await Cluster.join({ env });
    const pool = app.mysql({ credentials: env["MYSQL_CREDENTIALS"] ?? "", database: "todo" });
    await app.announce({ service: "leaver", port: 1, check: { ttl: "10s" } });
    await app.ready();
    const frozen = [cluster.consul.agent, cluster.mysql, ...cluster.vault.nodes];
    await Promise.all(frozen.map((server) => server.pause()));
    const statements = Array.from({ length: 5 }, () => pool.query("SELECT 1").catch(({ code }) => code));
    const started = performance.now();
    await app.leave();
    const tookMs = performance.now() - started;
    await Promise.all(frozen.map((server) => server.resume()));
    console.log(`left in ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(10_000);
    expect(await Promise.all(statements)).toEqual(Array.from({ length: 5 }, () => "POOL_CLOSED"));
    await eventually("no account and no lease", 20_000, async () => {
      const { accounts, leases } = await leftovers(cluster);
      return accounts.length + leases.length === 0 || undefined;
    });
  });
});
