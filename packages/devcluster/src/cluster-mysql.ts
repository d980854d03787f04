import { randomBytes } from "node:crypto";
import { type Clock, withDeadline } from "@minicluster/core";
import { type Mariadb, type StartOptions, startMariadb } from "@minicluster/servers";
import type { DataDirectory } from "./data-directory.ts";
import type { DevVault } from "./dev-vault.ts";
import { ExternalMysql } from "./external-mysql.ts";
import type { DevMysqlOptions } from "./options.ts";

/** The cluster's MySQL, and how Vault and its accounts come into it and out of it. */
export interface ClusterMysql {
  handle: Mariadb;
  /** The account that Vault uses. */
  account: string;
  /** Before Vault is configured: drops what a Vault of an earlier run made. Resolves to how many accounts. */
  tidy(): Promise<number>;
  /** At the end, while Vault is there: takes out of a server that goes on what Vault made in it. */
  leave(vault: DevVault, clock: Clock): Promise<void>;
}

export type ClusterMysqlOptions = StartOptions & {
  mysql: Exclude<DevMysqlOptions, false>;
  data: DataDirectory | undefined;
  clock: Clock;
};

const leaveMs = 5_000;

/**
 * Starts a MariaDB, or looks at the one that a URL names.
 *
 * @throws DevClusterError `DEVCLUSTER_INVALID_OPTION`, `DEVCLUSTER_MYSQL_AWAY`; ServersError
 */
export async function clusterMysql({ mysql, data, clock, ...start }: ClusterMysqlOptions): Promise<ClusterMysql> {
  if ("url" in mysql) return borrowed(await ExternalMysql.connect(mysql.url, clock));
  const { settings } = mysql;
  const handle = await startMariadb({ ...start, clock, name: "mysql", settings, data: data?.mysql });
  return {
    handle,
    account: "vaultadmin",
    tidy: () => (data ? dropVaultAccounts(handle) : Promise.resolve(0)),
    leave: () => Promise.resolve(),
  };
}

/** A server that others may use as well: an account of this cluster's own, which goes with it. */
function borrowed(handle: Mariadb): ClusterMysql {
  const account = `minicluster_${randomBytes(4).toString("hex")}`;
  return {
    handle,
    account,
    tidy: () => Promise.resolve(0),
    leave: (vault, clock) =>
      withDeadline({ clock, ms: leaveMs, phase: "dropping Vault's accounts" }, async () => {
        await using client = await vault.operator();
        for (const mount of ["mysql", "database"]) {
          await client.write(`sys/leases/revoke-prefix/${mount}`, { sync: true });
        }
        await handle.admin("DROP USER IF EXISTS ?@'%'", [account]);
      }),
  };
}

/**
 * How Vault names its accounts, cut to the length that MySQL takes: `todo-app--e6fea1` by the legacy engine (role, login,
 * a part of a UUID), `v-approle-todo-…` by the database engine.
 */
const vaultAccounts = `SELECT User AS user, Host AS host FROM mysql.user WHERE
  CHAR_LENGTH(User) = 32 AND User LIKE 'v-%' OR
  CHAR_LENGTH(User) = 16 AND User REGEXP '^[a-z0-9-]{1,4}-(app-|appr|root|toke)-[0-9a-f-]+$'`;

async function dropVaultAccounts(mysql: Mariadb): Promise<number> {
  const found = await mysql.admin(vaultAccounts);
  const accounts = found.map(({ user, host }) => [user, host]);
  if (accounts.length > 0) await mysql.admin(`DROP USER ${accounts.map(() => "?@?").join(", ")}`, accounts.flat());
  return accounts.length;
}
