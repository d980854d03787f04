import type { DevCluster } from "@minicluster/devcluster";

/** What a service left behind: accounts that Vault made in MariaDB, and leases that Vault still keeps. */
export interface Leftovers {
  accounts: string[];
  leases: string[];
}

/** Names that Vault gives to accounts: `v-…` of the database engine, `todo-…` of the legacy one. */
const accounts = "SELECT User FROM mysql.user WHERE User LIKE 'v-%' OR User LIKE 'todo-%'";

/** Of a cluster, or of its Vault with another MySQL. */
export async function leftovers(cluster: Pick<DevCluster, "mysql" | "vault">): Promise<Leftovers> {
  return { accounts: await vaultAccounts(cluster), leases: await leases(cluster) };
}

/** The accounts that Vault made in MariaDB. */
export async function vaultAccounts(cluster: Pick<DevCluster, "mysql">): Promise<string[]> {
  const rows = (await cluster.mysql.admin(accounts)) as { User: string }[];
  return rows.map(({ User }) => User);
}

async function leases(cluster: Pick<DevCluster, "vault">): Promise<string[]> {
  const active = await cluster.vault.active();
  const found: string[] = [];
  for (const prefix of ["mysql/creds/todo", "database/creds/todo"]) {
    const response = await fetch(`${active.address}/v1/sys/leases/lookup/${prefix}?list=true`, {
      headers: { "X-Vault-Token": cluster.vault.rootToken.reveal() },
    });
    if (response.ok) found.push(...((await response.json()) as { data: { keys: string[] } }).data.keys);
  }
  return found;
}
