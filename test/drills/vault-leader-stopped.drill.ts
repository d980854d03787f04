import { drill } from "./stage/drill.ts";

drill({
  name: "vault-leader-stopped",
  what: "the node of Vault that leads is stopped cleanly; the standby takes over at once",
  must: { healthyMs: 5_000 },
  async run(world) {
    const stopped = await world.active();
    await world.fault(`${stopped.name}, the leader, is stopped`, () => stopped.stop());
    const leader = await world.takenOver(stopped);
    await world.mended(`${leader.name} leads`);
    await stopped.restart();
    await world.cluster.vault.unseal(stopped);
  },
});
