import { drill } from "./stage/drill.ts";
import { takeoverMs } from "./stage/world.ts";

drill({
  name: "vault-leader-killed",
  what: "the node of Vault that leads is killed; the standby takes over and drops the accounts of leases that ended",
  must: { says: "degraded", healthyMs: takeoverMs },
  async run(world) {
    const killed = await world.active();
    await world.fault(`${killed.name}, the leader, is killed`, () => killed.kill());
    const leader = await world.takenOver(killed);
    await world.mended(`${leader.name} leads`);
    await killed.restart();
    await world.cluster.vault.unseal(killed);
  },
});
