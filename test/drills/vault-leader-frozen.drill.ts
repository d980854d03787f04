import type { VaultClient } from "@minicluster/vault";
import { vaultAccounts } from "../e2e/leftovers.ts";
import { drill } from "./stage/drill.ts";

drill({
  name: "vault-leader-frozen",
  what: "the leading Vault freezes, the standby takes over; thawed, it drops accounts that the new leader calls alive",
  // The leases outlive the takeover, so that the new leader renews them and the frozen one never hears of it.
  vault: (engine) =>
    engine === "real" ? { leaseTtl: "80s", maxTtl: "24h" } : { leaseTtl: "14s", maxTtl: "24h", takeover: "3s" },
  must: {},
  // New connections all the time: only those are refused.
  pool: { idleTimeout: "500ms" },
  async run(world) {
    const { cluster } = world;
    await using operator = await cluster.vault.operator();
    const end = await lastEnd(operator);
    const held = await vaultAccounts(cluster);
    const frozen = await world.active();
    await world.fault(`${frozen.name}, the leader, freezes`, () => frozen.pause());
    const leader = await world.takenOver(frozen);
    world.timeline.mark("fault", `${leader.name} leads`);
    await world.wait(Math.max(0, end - Date.now()) + 1_500);
    const alive = await vaultAccounts(cluster);
    const outlived = held.filter((account) => alive.includes(account)).length;
    world.check("accounts outlived the takeover", outlived > 0, outlived);
    await world.mended(`${frozen.name} thaws`, () => frozen.resume());
    const dropped = await world.until("accounts dropped", 10_000, async () => {
      const now = await vaultAccounts(cluster);
      const gone = held.filter((account) => !now.includes(account));
      return gone.length > 0 ? gone : undefined;
    });
    world.check("the thawed node dropped accounts", dropped.length > 0, dropped.length);
    await world.until("new credentials of the pool", 20_000, async () => world.rotations[0]);
  },
});

/** When the last of the leases ends, as the leader knows it now. */
async function lastEnd(operator: VaultClient): Promise<number> {
  const { data } = (await operator.list("sys/leases/lookup/mysql/creds/todo")) as { data: { keys: string[] } };
  const ends = await Promise.all(
    data.keys.map(async (key) => {
      const lease = await operator.write("sys/leases/lookup", { lease_id: `mysql/creds/todo/${key}` });
      return Date.parse((lease as { data: { expire_time: string } }).data.expire_time);
    }),
  );
  return Math.max(...ends);
}
