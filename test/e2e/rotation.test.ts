import { sleep, systemClock } from "@minicluster/core";
import { type DevCluster, startDevCluster } from "@minicluster/devcluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leftovers } from "./leftovers.ts";
import { inForm, legs, loadSeconds, missing, on } from "./legs.ts";
import { underLoad } from "./under-load.ts";

describe.each(inForm(legs))("on $name, with a lease of 5 s and a max TTL of 20 s", (leg) => {
  let cluster: DevCluster;
  let reason: string | undefined;

  beforeAll(async () => {
    reason = await missing(leg);
    if (!reason) cluster = await startDevCluster(on(leg, { nodes: 1, leaseTtl: "5s", maxTtl: "20s" }));
  });

  afterAll(() => cluster?.close());

  it(`500 queries/s for ${loadSeconds} s: none fails, and nothing is left`, async ({ skip }) => {
    if (reason) skip(reason);
    let rotations: readonly string[] = [];
    const { calls, failed, failures, p50Ms, p99Ms } = await underLoad(cluster, async (load) => {
      rotations = load.rotations;
      await sleep(systemClock, loadSeconds * 1_000);
    });
    console.log(
      `${leg.name}: ${calls} calls, ${failed} failed, p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${rotations.length} credentials`,
    );
    expect({ failed, failures }).toEqual({ failed: 0, failures: {} });
    expect(calls).toBeGreaterThan(loadSeconds * 490);
    // The max TTL was passed at least once, and issuing stayed within 3 a max TTL.
    expect(rotations.length).toBeGreaterThanOrEqual(Math.floor(loadSeconds / 20) + 1);
    expect(rotations.length).toBeLessThanOrEqual(3 * (loadSeconds / 20));
    expect(await leftovers(cluster)).toEqual({ accounts: [], leases: [] });
  });
});
