import { leftovers } from "../e2e/leftovers.ts";
import { endSessions, onEach } from "./faults/accounts.ts";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

drill({
  name: "account-dropped",
  what: "a DBA drops the accounts of all services and ends their sessions",
  vault: { leaseTtl: "30s", maxTtl: "24h" },
  must: { fail: "in flight", issued: 3 },
  async run(world) {
    const { cluster } = world;
    const { accounts, leases } = await leftovers(cluster);
    await world.fault("a DBA drops the accounts", async () => {
      await onEach(cluster, accounts, "DROP USER {}");
      await endSessions(cluster, accounts);
    });
    await world.until("new credentials", 5_000, async () => world.rotations[0]);
    await world.wait(inFull(3_000, 500));
    await world.mended("an operator tells Vault that their leases are gone", async () => {
      await using operator = await cluster.vault.operator();
      for (const lease of leases) await operator.write(`sys/leases/revoke-force/mysql/creds/todo/${lease}`, {});
    });
    world.check("one rotation of the pool", world.rotations.length === 1, world.rotations.join(", "));
  },
});
