import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Binary } from "./binary.ts";
import { cached, fingerprint } from "./cached.ts";
import { ServersError } from "./errors.ts";
import { fromVariable, onPath } from "./executable.ts";
import { buildGoProgram } from "./go-build.ts";
import type { FetchOptions } from "./progress.ts";
import { versionOf } from "./version-of.ts";

/** The versions that can be built, and whatever version `vault` on PATH has. */
export type VaultVersion = "1.11.0" | "1.14.0" | "path";

/**
 * Vault of one version. MINICLUSTER_VAULT_BIN or `vault` on PATH serve for the version they say they are, and for
 * `"path"`; else it is built, once, from Go modules that this package pins (4 to 8 minutes on two cores).
 *
 * @throws ServersError `BINARY_MISSING` naming what to install; `FETCH_FAILED` when the build fails
 */
export async function findVault(version: VaultVersion, options: FetchOptions = {}): Promise<Binary> {
  const own = fromVariable("MINICLUSTER_VAULT_BIN") ?? onPath("vault");
  const ownVersion = own && (await versionOf(own, "version"));
  if (own && ownVersion && (version === "path" || version === ownVersion))
    return { path: own, version: ownVersion, env: {} };
  if (version === "path") {
    throw new ServersError("BINARY_MISSING", "Vault: no `vault` on PATH: install one, or set MINICLUSTER_VAULT_BIN");
  }
  const sources = fileURLToPath(new URL(`../vault/${version}`, import.meta.url));
  const pinned = await Promise.all(["go.mod", "go.sum", "main.go"].map((name) => readFile(join(sources, name))));
  const key = `vault-${version}-${process.arch}-${fingerprint(...pinned)}`;
  const title = `Vault ${version}`;
  const help = `a \`vault\` ${version} on PATH or in MINICLUSTER_VAULT_BIN does as well`;
  const directory = await cached(
    { key, title, make: (job) => buildGoProgram({ ...job, sources, title, help, program: "vault" }) },
    options,
  );
  return { path: join(directory, "vault"), version, env: {} };
}
