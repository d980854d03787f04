import type { Operator } from "./operator.ts";
import { rotatingPath, staticPath, staticUser } from "./pools.ts";
import type { Lives, Settings } from "./settings.ts";

/** Where Vault itself reaches MySQL: a port that never moves. */
export const vaultsPort = 3306;
export const rootPassword = "of-a-simulation";
export const login = { VAULT_APP_ID: "todo", VAULT_USER_ID: "instance" } as const;

const url = `tcp(127.0.0.1:${vaultsPort})/`;
const creation =
  "CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'; " +
  "GRANT SELECT, INSERT, UPDATE, DELETE ON `todo`.* TO '{{name}}'@'%';";

/** What `minicluster configure` does for a service, and a static role beside it. */
export async function configureVault(operator: Operator, settings: Settings): Promise<void> {
  await operator.write("sys/mounts/mysql", { type: "mysql" });
  await operator.write("mysql/config/connection", { connection_url: `root:${rootPassword}@${url}` });
  await operator.write("mysql/roles/todo", { sql: creation });
  await operator.write("sys/mounts/database", { type: "database" });
  await operator.write("database/config/todo", {
    plugin_name: "mysql-legacy-database-plugin",
    connection_url: `{{username}}:{{password}}@${url}`,
    allowed_roles: "*",
    username: "root",
    password: rootPassword,
  });
  await setLeaseLives(operator, settings, settings.lease);
  await operator.write("database/static-roles/report", {
    db_name: "todo",
    username: staticUser,
    rotation_period: settings.staticPeriod,
  });
  await operator.write("sys/auth/app-id", { type: "app-id" });
  await setTokenLives(operator, settings.token);
  await operator.write("sys/policies/acl/todo", { policy: policyFor(settings) });
  await operator.write(`auth/app-id/map/app-id/${login.VAULT_APP_ID}`, { value: "todo", display_name: "todo" });
  await operator.write(`auth/app-id/map/user-id/${login.VAULT_USER_ID}`, { value: login.VAULT_APP_ID });
}

export async function setLeaseLives(operator: Operator, { engine }: Settings, { ttl, max }: Lives): Promise<void> {
  if (engine === "mysql") {
    await operator.write("mysql/config/lease", { lease: `${ttl}s`, lease_max: `${max}s` });
    return;
  }
  await operator.write("database/roles/todo", {
    db_name: "todo",
    creation_statements: [creation],
    default_ttl: ttl,
    max_ttl: max,
  });
}

export async function setTokenLives(operator: Operator, { ttl, max }: Lives): Promise<void> {
  await operator.write("sys/mounts/auth/app-id/tune", { default_lease_ttl: `${ttl}s`, max_lease_ttl: `${max}s` });
}

function policyFor(settings: Settings): string {
  const path = rotatingPath(settings);
  return [
    `path "${path}" { capabilities = ["read"] }`,
    `path "sys/leases/revoke/${path}/*" { capabilities = ["update"] }`,
    `path "${staticPath}" { capabilities = ["read"] }`,
  ].join("\n");
}
