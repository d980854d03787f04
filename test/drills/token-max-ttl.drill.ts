import type { VaultClient } from "@minicluster/vault";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";
import { OrphanedSessions } from "./stage/orphaned-sessions.ts";
import type { World } from "./stage/world.ts";

const maxTtlMs = inFull(20_000, 12_000);

drill({
  name: "token-max-ttl",
  what: "the token of a login reaches its max TTL: a new login, and new leases under its token before the old one dies",
  vault: { leaseTtl: "1m", maxTtl: "24h" },
  must: { p99: 1.5 },
  async prepare({ vault }) {
    await using operator = await vault.operator();
    await operator.write("sys/auth/app-id/tune", { default_lease_ttl: "4s", max_lease_ttl: `${maxTtlMs / 1_000}s` });
    return undefined;
  },
  async run(world) {
    await using operator = await world.cluster.vault.operator();
    const lives = watchTokens(world, operator);
    await using orphaned = await OrphanedSessions.watch(world.cluster);
    await world.fault(`tokens of 4 s that end for good after ${maxTtlMs / 1_000} s`);
    await world.until("a login of the pool", maxTtlMs + 3_000, async () => lives()[0]);
    // Those of the todos.
    await world.wait(inFull(4_000, 1_000));
    const left = lives().map((ms) => Math.round(ms));
    world.check("new leases came before the old token's end, by ms", Math.min(...left) > 0, left.join(", "));
    const others = world.rotations.filter((reason) => reason !== "token");
    world.check("for no other reason", others.length === 0, others.join(", ") || "none");
    const { size } = orphaned.accounts;
    world.check("no account was dropped before its last session ended", size === 0, size);
    const refused = world.pool.stats.connectsRefused;
    world.check("MySQL refused no account", refused === 0, refused);
  },
});

/** How long each old token of the pool had still to live, by Vault's account, when the new lease was there. */
function watchTokens({ app }: World, operator: VaultClient): () => readonly number[] {
  const left: number[] = [];
  let ends: Promise<number> | undefined;
  app.events.on("vault.token", ({ previous }) => {
    ends = operator.write("auth/token/lookup-accessor", { accessor: previous }).then(endOf, () => 0);
  });
  app.events.on("credentials.rotated", () => {
    const now = Date.now();
    void ends?.then((end) => left.push(end - now));
  });
  return () => left;
}

/** Its creation is told in whole seconds, rounded down. */
function endOf(answer: unknown): number {
  const { creation_time } = (answer as { data: { creation_time: number } }).data;
  return creation_time * 1_000 + maxTtlMs;
}
