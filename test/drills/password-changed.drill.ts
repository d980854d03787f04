import { vaultAccounts } from "../e2e/leftovers.ts";
import { endSessions, onEach } from "./faults/accounts.ts";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

drill({
  name: "password-changed",
  what: "a DBA changes the passwords of all services and ends their sessions",
  vault: { leaseTtl: "30s", maxTtl: "24h" },
  must: { fail: "in flight", issued: 3 },
  async run(world) {
    const { cluster } = world;
    const accounts = await vaultAccounts(cluster);
    await world.fault("a DBA changes the passwords", async () => {
      await onEach(cluster, accounts, "ALTER USER {} IDENTIFIED BY 'other'");
      await endSessions(cluster, accounts);
    });
    await world.until("new credentials", 5_000, async () => world.rotations[0]);
    await world.wait(inFull(3_000, 500));
    world.check("one rotation of the pool", world.rotations.length === 1, world.rotations.join(", "));
  },
});
