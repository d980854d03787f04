import { sleep, systemClock } from "@minicluster/core";
import { type DevCluster, startDevCluster } from "@minicluster/devcluster";
import { Cluster } from "@minicluster/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { leftovers } from "./leftovers.ts";
import { inForm, missing, on, seedLegs } from "./legs.ts";

describe.each(inForm(seedLegs))("a policy without the line that allows revoking a lease, on $name", (leg) => {
  let cluster: DevCluster;
  let reason: string | undefined;

  beforeAll(async () => {
    reason = await missing(leg);
    if (!reason) cluster = await startDevCluster(on(leg, { nodes: 1, leaseTtl: "3s", maxTtl: "6s" }));
  });

  afterAll(() => cluster?.close());

  it("gives one warning that names the line, no login storm, and leases that run out", async ({ skip }) => {
    if (reason) skip(reason);
    const { address } = await cluster.vault.active();
    const headers = { "X-Vault-Token": cluster.vault.rootToken.reveal() };
    const policy = 'path "mysql/creds/todo" { capabilities = ["read"] }';
    const written = await fetch(`${address}/v1/sys/policies/acl/todo`, {
      method: "PUT",
      headers,
      body: JSON.stringify({ policy }),
    });
    expect(written.ok).toBe(true);
    const tokens = async (): Promise<number> => {
      const answer = await (await fetch(`${address}/v1/auth/token/accessors?list=true`, { headers })).json();
      return (answer as { data: { keys: string[] } }).data.keys.length;
    };
    const before = await tokens();
    const app = await Cluster.join({ env: cluster.env("todo") });
    const warnings: string[] = [];
    app.events.on("warning", ({ message }) => warnings.push(message));
    const rotations: string[] = [];
    app.events.on("credentials.rotated", ({ reason: why }) => rotations.push(why));
    const pool = app.mysql({ credentials: "mysql/creds/todo", database: "todo" });
    await app.ready({ timeout: "10s" });
    for (let second = 0; second < 18; second += 1) {
      await pool.query("SELECT 1");
      await sleep(systemClock, 1_000);
    }
    expect(rotations.length).toBeGreaterThan(2);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('path "sys/leases/revoke/mysql/creds/todo/*" { capabilities = ["update"] }');
    expect(await tokens()).toBe(before + 1);
    await app.leave();
    await eventually("leases run out", 20_000, async () =>
      (await leftovers(cluster)).leases.length === 0 ? true : undefined,
    );
  });
});
