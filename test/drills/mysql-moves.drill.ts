import { configureCluster } from "@minicluster/admin";
import type { Mariadb } from "@minicluster/servers";
import { endReplication, primarySettings, startReplica } from "./faults/replica.ts";
import { drill } from "./stage/drill.ts";

let replica: Mariadb | undefined;

drill({
  name: "mysql-moves",
  what: "MySQL moves to another address: a replica takes over in Consul, then in Vault, then the old one ends",
  mysql: primarySettings,
  async prepare({ mysql }) {
    replica = await startReplica(mysql);
    return undefined;
  },
  must: { healthyMs: 3_000 },
  async run(world) {
    const { cluster, mysql: old, mysqls } = world;
    if (!replica) throw new Error("a drill is prepared before it is run");
    const { host, port, rootUser: adminUser, rootPassword: adminPassword } = replica;
    mysqls.push(replica);
    await world.fault(`mysql is registered at port ${port}`, () =>
      cluster.consul.agent.register({ name: "mysql", address: host, port }),
    );
    const moved = performance.now();
    await world.until("nobody at the old address", 20_000, async () => {
      const [row] = await old.admin(
        "SELECT COUNT(*) AS sessions FROM information_schema.PROCESSLIST WHERE USER LIKE 'todo-%' OR USER LIKE 'v-%'",
      );
      return Number(row?.["sessions"]) === 0 || undefined;
    });
    const tookMs = Math.round(performance.now() - moved);
    world.check("the old connections are drained within 5 s", tookMs <= 5_000, tookMs);
    await using vault = await cluster.vault.operator();
    await configureCluster({
      vault,
      service: "todo",
      mysql: { host, port, adminUser, adminPassword },
      leaseTtl: "5s",
      maxTtl: "20s",
      // The replica has Vault's account and whatever Vault makes at the old one, so nothing would look wrong.
      rotatePassword: true,
    });
    await endReplication(replica);
    await world.mended("the old server is stopped", () => old.stop());
  },
});
