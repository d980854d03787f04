import type { AuthName, EngineName } from "@minicluster/admin";
import { type Duration, durationMs } from "@minicluster/core";
import type { VaultVersion } from "@minicluster/servers";
import { invalidOption } from "./errors.ts";
import type { DevVaultOptions } from "./options.ts";
import { hasAppId } from "./own-vault.ts";

/** The options that Vault is started and configured by, complete. */
export interface VaultSettings {
  version: VaultVersion;
  nodes: number;
  takeover: Duration | undefined;
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
  const { nodes = 2, takeover, leaseTtl = "1m", maxTtl = "24h", shares = 1, threshold = 1 } = options;
  const { version = own === undefined ? "1.11.0" : "path" } = options;
  const number = version === "path" ? (own ?? "") : version;
  const { auth = hasAppId(number) ? "app-id" : "approle" } = options;
  const { engine = auth === "app-id" ? "mysql" : "database" } = options;
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 9) {
    throw invalidOption(`vault.nodes: ${nodes}: write a whole number from 1 to 9`);
  }
  if (!hasAppId(number) && (auth === "app-id" || engine === "mysql")) {
    const lacks = auth === "app-id" ? "app-id" : "legacy mysql engine";
    throw invalidOption(`vault: ${number} has no ${lacks}: use approle and database, or 1.11.0`);
  }
  if (takeover !== undefined) durationMs(takeover, "vault.takeover");
  return { version, nodes, takeover, auth, engine, leaseTtl, maxTtl, shares, threshold };
}
