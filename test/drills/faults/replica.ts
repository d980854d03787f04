import { randomBytes } from "node:crypto";
import { type Mariadb, startMariadb } from "@minicluster/servers";
import mysql from "mysql2/promise";

/** Settings of a MariaDB that another one may follow while both take writes. */
export const primarySettings: Readonly<Record<string, string | number>> = settings(1);

/**
 * A second MariaDB that follows the first from its very beginning: rows, accounts and grants. Resolves when it has all.
 * Its handle's root logs in with a password of its own.
 */
export async function startReplica(primary: Mariadb): Promise<Mariadb> {
  const password = randomBytes(12).toString("base64url");
  await primary.admin("CREATE USER replica@'%'");
  await primary.admin("SET PASSWORD FOR replica@'%' = PASSWORD(?)", [password]);
  await primary.admin("GRANT REPLICATION SLAVE ON *.* TO replica@'%'");
  const replica = await startMariadb({ name: "mysql2", settings: settings(2) });
  await replica.admin(
    "CHANGE MASTER TO MASTER_HOST = ?, MASTER_PORT = ?, MASTER_USER = 'replica', MASTER_PASSWORD = ?, MASTER_USE_GTID = slave_pos",
    [primary.host, primary.port, password],
  );
  const [row] = await primary.admin("SELECT @@gtid_binlog_pos AS position");
  const { host, port, rootUser: user, rootPassword } = replica;
  // A session outlives the change of its account's password: the primary's root comes along, with its own.
  const root = await mysql.createConnection({ host, port, user, password: rootPassword.reveal() });
  await root.query("START SLAVE");
  await root.query("SELECT MASTER_GTID_WAIT(?, 20)", [row?.["position"]]);
  await root.query("SET PASSWORD FOR root@'127.0.0.1' = PASSWORD(?)", [rootPassword.reveal()]);
  await root.end();
  return replica;
}

/** It follows no more. */
export async function endReplication(replica: Mariadb): Promise<void> {
  await replica.admin("STOP SLAVE");
  await replica.admin("RESET SLAVE ALL");
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
