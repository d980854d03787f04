import type { Mariadb, UnsealedVault } from "@minicluster/servers";
import { VaultClient } from "../src/client.ts";

/** What an operator does to a Vault before a service can use it. */
export interface Operator extends AsyncDisposable {
  client: VaultClient;
  /** Accounts that MariaDB has, by the prefix of their name. */
  accounts(like: string): Promise<string[]>;
  /** Leases that Vault has below a path. */
  leases(path: string): Promise<string[]>;
}

export function operator(unsealed: UnsealedVault, mariadb?: Mariadb): Operator {
  const client = new VaultClient({ address: unsealed.vault.address, token: unsealed.rootToken });
  return {
    client,
    async accounts(like) {
      const rows = (await mariadb?.admin("SELECT user FROM mysql.user WHERE user LIKE ?", [like])) ?? [];
      return rows.map((row) => String(Object.values(row)[0]));
    },
    async leases(path) {
      const body = await client.list(`sys/leases/lookup/${path}`).catch(() => undefined);
      return ((body?.["data"] as { keys?: string[] } | undefined)?.keys ?? []) as string[];
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

const createUser = "CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'; GRANT SELECT ON *.* TO '{{name}}'@'%';";

/** A policy that allows to read a path and to revoke its leases. */
export async function allow(client: VaultClient, name: string, paths: readonly string[]): Promise<void> {
  const lines = paths.map((path) => `path "${path}" { capabilities = ["create", "read", "update", "delete", "list"] }`);
  await client.write(`sys/policies/acl/${name}`, { policy: lines.join("\n") });
}

/** The legacy `mysql` engine of Vault 1.11 with a role `todo`. */
export async function legacyMysql(client: VaultClient, mariadb: Mariadb): Promise<void> {
  await client.write("sys/mounts/mysql", { type: "mysql" });
  const login = `${mariadb.rootUser}:${mariadb.rootPassword.reveal()}`;
  await client.write("mysql/config/connection", { connection_url: `${login}@tcp(${mariadb.host}:${mariadb.port})/` });
  await client.write("mysql/roles/todo", { sql: createUser });
}

/** The `database` engine with a dynamic role `todo` and a static one `fixed` (account `fixed`). */
export async function database(client: VaultClient, mariadb: Mariadb): Promise<void> {
  await client.write("sys/mounts/database", { type: "database" });
  await client.write("database/config/maria", {
    plugin_name: "mysql-database-plugin",
    allowed_roles: "*",
    connection_url: `{{username}}:{{password}}@tcp(${mariadb.host}:${mariadb.port})/`,
    username: mariadb.rootUser,
    password: mariadb.rootPassword.reveal(),
  });
  const lease = { default_ttl: "4s", max_ttl: "9s" };
  await client.write("database/roles/todo", { db_name: "maria", creation_statements: [createUser], ...lease });
  await mariadb.admin("CREATE USER 'fixed'@'%' IDENTIFIED BY 'first'");
  const rotation = { username: "fixed", rotation_period: "6s" };
  await client.write("database/static-roles/fixed", { db_name: "maria", ...rotation });
}

/** App-id with one app (`the-app-id`) and one instance (`the-user-id`). */
export async function appIdLogin(client: VaultClient, ttl: { ttl: string; max: string }): Promise<void> {
  await client.write("sys/auth/app-id", { type: "app-id" });
  await client.write("sys/auth/app-id/tune", { default_lease_ttl: ttl.ttl, max_lease_ttl: ttl.max });
  await client.write("auth/app-id/map/app-id/the-app-id", { value: "todo", display_name: "todo" });
  await client.write("auth/app-id/map/user-id/the-user-id", { value: "the-app-id" });
}
