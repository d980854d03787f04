import { findVault, type OnProgress, ServersError } from "@minicluster/servers";

/** The version of the user's own `vault`, on PATH or in MINICLUSTER_VAULT_BIN; undefined where there is none. */
export async function ownVault(onProgress: OnProgress | undefined): Promise<string | undefined> {
  try {
    return (await findVault("path", { onProgress })).version;
  } catch (error) {
    if (error instanceof ServersError && error.code === "BINARY_MISSING") return undefined;
    throw error;
  }
}

/** App-id and the legacy mysql engine went with Vault 1.12 (its changelog, "Removed builtin"). */
export function hasAppId(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === 1 && minor < 12;
}
