import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

drill({
  name: "lease-revoked",
  what: "an operator revokes all leases; Vault drops the accounts under load",
  vault: { leaseTtl: "6s", maxTtl: "24h" },
  must: { fail: "in flight", issued: 3 },
  // New connections all the time: only those are refused.
  pool: { idleTimeout: "500ms" },
  async run(world) {
    await using operator = await world.cluster.vault.operator();
    await world.fault("an operator revokes all leases", () =>
      operator.write("sys/leases/revoke-prefix/mysql/creds/todo", { sync: true }),
    );
    await world.until("new credentials", 10_000, async () => world.rotations[0]);
    await world.wait(inFull(3_000, 500));
    world.check("one rotation of the pool", world.rotations.length === 1, world.rotations.join(", "));
  },
});
