import type { AuthName, EngineName } from "@minicluster/admin";
import type { Clock, Duration } from "@minicluster/core";
import type { OnProgress, StartMariadbOptions, VaultVersion } from "@minicluster/servers";
import { DevClusterError } from "./errors.ts";
import { hasAppId } from "./own-vault.ts";

export interface DevClusterOptions {
  /** Each gets a database, a role, a policy and a login. Default `["todo"]`. */
  services?: readonly string[] | undefined;
  vault?: DevVaultOptions | undefined;
  /** Settings of mariadbd. */
  mysql?: Pick<StartMariadbOptions, "settings"> | undefined;
  /** What is being got, started and configured, and how long it took. Default: downloads and builds only, to stderr. */
  onProgress?: OnProgress | undefined;
  /** Ends the start; what was started by then is closed. */
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
}

export interface DevVaultOptions {
  /** Default: `vault` on PATH or in MINICLUSTER_VAULT_BIN (`"path"`), else "1.11.0". */
  version?: VaultVersion | undefined;
  /** Nodes over one storage: one leads, the others stand by. Default 2. */
  nodes?: number | undefined;
  /** How services log in. Default: app-id where Vault has it (before 1.12), AppRole otherwise. */
  auth?: AuthName | undefined;
  /** What makes their MySQL accounts. Default: `mysql` with app-id, `database` with AppRole. */
  engine?: EngineName | undefined;
  /** The life of credentials. Default "1m". */
  leaseTtl?: Duration | undefined;
  /** The longest that renewing makes it. Default "24h". */
  maxTtl?: Duration | undefined;
  /** Parts of the unseal key. Default 1. */
  shares?: number | undefined;
  /** Parts that unseal. Default 1. */
  threshold?: number | undefined;
}

/** The options that Vault is started and configured by, complete. */
export interface VaultSettings {
  version: VaultVersion;
  nodes: number;
  auth: AuthName;
  engine: EngineName;
  leaseTtl: Duration;
  maxTtl: Duration;
  shares: number;
  threshold: number;
}

/**
 * @param own the version of the user's own `vault`, if there is one
 * @throws DevClusterError `DEVCLUSTER_INVALID_OPTION`
 */
export function vaultSettings(options: DevVaultOptions = {}, own?: string): VaultSettings {
  const { nodes = 2, leaseTtl = "1m", maxTtl = "24h", shares = 1, threshold = 1 } = options;
  const { version = own === undefined ? "1.11.0" : "path" } = options;
  const number = version === "path" ? (own ?? "") : version;
  const { auth = hasAppId(number) ? "app-id" : "approle" } = options;
  const { engine = auth === "app-id" ? "mysql" : "database" } = options;
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 9) {
    throw new DevClusterError("DEVCLUSTER_INVALID_OPTION", `vault.nodes: ${nodes}: write a whole number from 1 to 9`);
  }
  if (!hasAppId(number) && (auth === "app-id" || engine === "mysql")) {
    throw new DevClusterError(
      "DEVCLUSTER_INVALID_OPTION",
      `vault: ${number} has no ${auth === "app-id" ? "app-id" : "legacy mysql engine"}: use approle and database, or 1.11.0`,
    );
  }
  return { version, nodes, auth, engine, leaseTtl, maxTtl, shares, threshold };
}
