import type { VaultEnvironment } from "@minicluster/vault";
import type { MysqlPart } from "./mysql-part.ts";
import type { VaultPart } from "./vault-part.ts";

/** What a service with a login to Vault has beyond others. */
export interface Login {
  environment: VaultEnvironment;
  VaultPart: typeof VaultPart;
  MysqlPart: typeof MysqlPart;
}

/** What says that a service means to log in to Vault. */
const variables = [
  "VAULT_APP_ID",
  "VAULT_USER_ID",
  "VAULT_USER_ID_FILE",
  "VAULT_ROLE_ID",
  "VAULT_SECRET_ID",
  "VAULT_SECRET_ID_FILE",
  "VAULT_WRAPPED_SECRET_ID",
  "VAULT_TOKEN",
];

/**
 * Loads the clients of Vault and MySQL for a service that logs in, and checks its variables. Undefined for others: they
 * can have no pool either, and are spared what is nearly half of all that is loaded.
 *
 * @throws VaultError `VAULT_INVALID_OPTION` for a login that is incomplete or contradictory
 */
export async function loadLogin(env: Readonly<Record<string, string | undefined>>): Promise<Login | undefined> {
  if (!variables.some((name) => env[name])) return undefined;
  const [{ vaultOptionsFromEnv }, { VaultPart }, { MysqlPart }] = await Promise.all([
    import("@minicluster/vault"),
    import("./vault-part.ts"),
    import("./mysql-part.ts"),
  ]);
  return { environment: vaultOptionsFromEnv(env), VaultPart, MysqlPart };
}
