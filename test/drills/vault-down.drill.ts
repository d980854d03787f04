import { vaultAccounts } from "../e2e/leftovers.ts";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";
import { takeoverMs } from "./stage/world.ts";

const leaseMs = 5_000;
const beyondMs = inFull(60_000, 4_000);

drill({
  name: "vault-down",
  what: "every Vault is down until long past the leases' end; unsealed, it drops all accounts at once",
  must: { says: "degraded", healthyMs: takeoverMs },
  async run(world) {
    const { cluster } = world;
    const { nodes } = cluster.vault;
    await world.fault("every Vault is killed", () => Promise.all(nodes.map((node) => node.kill())));
    await world.wait(leaseMs + beyondMs);
    const { status } = world.app.health();
    world.check("the pool is degraded", status === "degraded", status);
    const old = await vaultAccounts(cluster);
    world.check("the accounts outlived their leases", old.length === 3, old.length);
    await world.mended("every Vault is restarted and unsealed", async () => {
      await Promise.all(nodes.map((node) => node.restart()));
      await cluster.vault.unseal();
    });
    await world.active();
    world.timeline.mark("cluster", "a Vault leads");
    const gone = async () => {
      const now = await vaultAccounts(cluster);
      return !old.some((account) => now.includes(account)) || undefined;
    };
    await world.until("the old accounts dropped at once", 2_000, gone);
  },
});
