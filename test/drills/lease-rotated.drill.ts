import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";
import { OrphanedSessions } from "./stage/orphaned-sessions.ts";

const rotations = inFull(2, 1);

drill({
  name: "lease-rotated",
  what: "leases reach their max TTL, and new credentials take their place",
  vault: { leaseTtl: "4s", maxTtl: "12s" },
  must: { p99: 1.5 },
  async run(world) {
    await using orphaned = await OrphanedSessions.watch(world.cluster);
    await world.fault("leases of 4 s that end for good after 12 s");
    await world.until("the pool's rotations", rotations * 13_000, async () => world.rotations[rotations - 1]);
    // Those of the todos, and the draining of what was replaced.
    await world.wait(inFull(4_000, 1_000));
    const reasons = world.rotations.join(", ");
    world.check("by a renewal that was granted less", /^short(, short)*$/.test(reasons), reasons);
    const { size } = orphaned.accounts;
    world.check("no account was dropped before its last session ended", size === 0, size);
    const refused = world.pool.stats.connectsRefused;
    world.check("MySQL refused no account", refused === 0, refused);
  },
});
