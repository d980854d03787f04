import { readFileSync } from "node:fs";
import { baseUrl } from "./addresses.ts";
import { appId } from "./app-id.ts";
import { appRole } from "./app-role.ts";
import type { AuthMethod } from "./auth-method.ts";
import { invalidOption } from "./error.ts";
import { token } from "./given-token.ts";
import type { VaultOptions } from "./vault.ts";

/** What the environment says; without VAULT_ADDR the address is somebody else's to find. */
export type VaultEnvironment = Pick<VaultOptions, "auth" | "namespace" | "ca"> & { address?: string };

type Environment = Readonly<Record<string, string | undefined>>;

const appIdNames = ["VAULT_APP_ID", "VAULT_USER_ID", "VAULT_USER_ID_FILE"] as const;
const appRoleNames = ["VAULT_ROLE_ID", "VAULT_SECRET_ID", "VAULT_SECRET_ID_FILE", "VAULT_WRAPPED_SECRET_ID"] as const;
const all = ["VAULT_ADDR", "VAULT_CACERT", "VAULT_NAMESPACE", "VAULT_TOKEN", ...appIdNames, ...appRoleNames] as const;
type Name = (typeof all)[number];
type Values = Partial<Record<Name, string>>;

/**
 * The options of a `Vault` from the environment. App-id or AppRole win over VAULT_TOKEN. An empty variable counts as
 * not set.
 *
 * | set | login |
 * | --- | --- |
 * | VAULT_APP_ID and VAULT_USER_ID or VAULT_USER_ID_FILE | app-id |
 * | VAULT_ROLE_ID and VAULT_SECRET_ID, VAULT_SECRET_ID_FILE or VAULT_WRAPPED_SECRET_ID | AppRole |
 * | VAULT_TOKEN | that token |
 *
 * @throws VaultError `VAULT_INVALID_OPTION` for what is missing or contradictory, naming the variables and what to set
 * @example new Vault({ address: "http://127.0.0.1:8200", ...vaultOptionsFromEnv(process.env) })
 */
export function vaultOptionsFromEnv(env: Environment = process.env): VaultEnvironment {
  const values: Values = {};
  for (const name of all) if (env[name] !== undefined && env[name] !== "") values[name] = env[name];
  const { VAULT_ADDR: address, VAULT_CACERT: caFile, VAULT_NAMESPACE: namespace } = values;
  return {
    auth: authOf(values),
    ...(address !== undefined && { address: checkedAddress(address) }),
    ...(caFile !== undefined && { ca: pem(caFile) }),
    ...(namespace !== undefined && { namespace }),
  };
}

function authOf(values: Values): AuthMethod {
  const usesAppId = appIdNames.filter((name) => values[name] !== undefined);
  const usesAppRole = appRoleNames.filter((name) => values[name] !== undefined);
  if (usesAppId.length > 0 && usesAppRole.length > 0) {
    throw invalidOption(
      `${list([...usesAppId, ...usesAppRole])} are set: log in by app-id or by AppRole, not both: unset ${list(usesAppId)} or ${list(usesAppRole)}`,
    );
  }
  if (usesAppId.length > 0) return byAppId(values);
  if (usesAppRole.length > 0) return byAppRole(values);
  if (values.VAULT_TOKEN !== undefined) return byToken(values.VAULT_TOKEN);
  throw invalidOption(
    "no way to log in to Vault: set VAULT_APP_ID and VAULT_USER_ID (or VAULT_USER_ID_FILE), or VAULT_ROLE_ID and VAULT_SECRET_ID (or VAULT_SECRET_ID_FILE, VAULT_WRAPPED_SECRET_ID), or VAULT_TOKEN",
  );
}

function byAppId(values: Values): AuthMethod {
  const { VAULT_APP_ID: id, VAULT_USER_ID: userId, VAULT_USER_ID_FILE: userIdFile } = values;
  if (id === undefined)
    throw invalidOption("VAULT_USER_ID or VAULT_USER_ID_FILE is set without VAULT_APP_ID: set VAULT_APP_ID too");
  if (userId === undefined && userIdFile === undefined) {
    throw invalidOption("VAULT_APP_ID is set without a user-id: set VAULT_USER_ID or VAULT_USER_ID_FILE");
  }
  if (userId !== undefined && userIdFile !== undefined) {
    throw invalidOption("VAULT_USER_ID and VAULT_USER_ID_FILE are set: unset one of them");
  }
  return appId({ appId: id, userId, userIdFile });
}

function byAppRole(values: Values): AuthMethod {
  const { VAULT_ROLE_ID: roleId, VAULT_SECRET_ID: secretId, VAULT_SECRET_ID_FILE: secretIdFile } = values;
  const wrappedSecretId = values.VAULT_WRAPPED_SECRET_ID;
  const set = appRoleNames.slice(1).filter((name) => values[name] !== undefined);
  if (roleId === undefined) throw invalidOption(`${list(set)} is set without VAULT_ROLE_ID: set VAULT_ROLE_ID too`);
  if (set.length === 0) {
    throw invalidOption(
      "VAULT_ROLE_ID is set without a secret-id: set VAULT_SECRET_ID, VAULT_SECRET_ID_FILE or VAULT_WRAPPED_SECRET_ID",
    );
  }
  if (set.length > 1) throw invalidOption(`${list(set)} are set: keep one of them and unset the others`);
  return appRole({ roleId, secretId, secretIdFile, wrappedSecretId });
}

function byToken(value: string): AuthMethod {
  try {
    return token(value);
  } catch {
    throw invalidOption("VAULT_TOKEN holds characters that no token has: set it to the token alone");
  }
}

function checkedAddress(address: string): string {
  try {
    return baseUrl(address);
  } catch {
    throw invalidOption('VAULT_ADDR is not a URL of scheme, host and port: set it like "https://vault.example:8200"');
  }
}

function pem(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "it failed";
    throw invalidOption(
      `VAULT_CACERT: ${path} can't be read (${code}): set it to a file with the authority's certificate in PEM`,
    );
  }
  throw invalidOption(
    `VAULT_CACERT: ${path} holds no certificate: set it to a file with the authority's certificate in PEM`,
  );
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
