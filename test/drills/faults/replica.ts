import { randomBytes } from "node:crypto";
import { type Mariadb, startMariadb } from "@minicluster/servers";

/** Settings of a MariaDB that another one may follow while both take writes. */
export const primarySettings: Readonly<Record<string, string | number>> = settings(1);

/** A second MariaDB that follows the first: rows, accounts and grants. Resolves when it has all. */
export async function startReplica(primary: Mariadb): Promise<Mariadb> {
  const password = randomBytes(12).toString("base64url");
  await primary.admin("CREATE USER replica@'%'");
  await primary.admin("SET PASSWORD FOR replica@'%' = PASSWORD(?)", [password]);
  await primary.admin("GRANT REPLICATION SLAVE ON *.* TO replica@'%'");
  const replica = await startMariadb({ name: "mysql2", settings: settings(2) });
  // Both began with the same statements, which gave each its own root; it follows from there.
  const began = (await position(replica)).replace(/^0-2-/, "0-1-");
  await replica.admin("RESET MASTER");
  await replica.admin("SET GLOBAL gtid_slave_pos = ?", [began]);
  await replica.admin(
    "CHANGE MASTER TO MASTER_HOST = ?, MASTER_PORT = ?, MASTER_USER = 'replica', MASTER_PASSWORD = ?, MASTER_USE_GTID = slave_pos",
    [primary.host, primary.port, password],
  );
  await replica.admin("START SLAVE");
  const [row] = await replica.admin("SELECT MASTER_GTID_WAIT(?, 5) AS waited", [await position(primary)]);
  if (row?.["waited"] === 0) return replica;
  const [state] = await replica.admin("SHOW SLAVE STATUS");
  await replica.close();
  throw new Error(`the replica does not follow: ${state?.["Last_Error"]}`);
}

/** It follows no more. */
export async function endReplication(replica: Mariadb): Promise<void> {
  await replica.admin("STOP SLAVE");
  await replica.admin("RESET SLAVE ALL");
}

async function position(server: Mariadb): Promise<string> {
  const [row] = await server.admin("SELECT @@gtid_binlog_pos AS position");
  return String(row?.["position"]);
}

function settings(id: 1 | 2): Record<string, string | number> {
  return {
    "log-bin": "binlog",
    "server-id": id,
    "binlog-format": "ROW",
    "auto-increment-increment": 2,
    "auto-increment-offset": id,
  };
}
