import { vaultAccounts } from "../e2e/leftovers.ts";
import { endSessions, onEach } from "./faults/accounts.ts";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

drill({
  name: "account-locked",
  what: "a DBA locks the accounts of all services and ends their sessions",
  vault: { leaseTtl: "30s", maxTtl: "24h" },
  must: { fail: "in flight", issued: 3 },
  async run(world) {
    const { cluster } = world;
    const accounts = await vaultAccounts(cluster);
    await world.fault("a DBA locks the accounts", async () => {
      await onEach(cluster, accounts, "ALTER USER {} ACCOUNT LOCK");
      await endSessions(cluster, accounts);
    });
    await world.until("new credentials", 5_000, async () => world.rotations[0]);
    await world.wait(inFull(3_000, 500));
    world.check("one rotation of the pool", world.rotations.length === 1, world.rotations.join(", "));
  },
});
