import { checkConfigureOptions } from "@minicluster/admin";
import type { KeptConfiguration } from "./data-directory.ts";
import { invalidOption } from "./errors.ts";
import type { DevClusterOptions, DevMysqlOptions, DevVaultOptions, ServerEngine } from "./options.ts";
import { type VaultSettings, vaultSettings } from "./vault-settings.ts";

/** The options of a start, complete and checked. */
export interface ClusterSettings {
  services: readonly string[];
  engine: ServerEngine;
  vault: VaultSettings;
  mysql: DevMysqlOptions;
  logins: number;
}

/** Names in Consul that are taken by the cluster itself. */
const taken: ReadonlySet<string> = new Set(["consul", "vault", "mysql"]);

const defaultServices = ["todo"];
const defaultLogins = 8;

/**
 * Who plays Consul and Vault: as asked for, real where a version of Vault is, else as in the run before, else embedded.
 *
 * @throws DevClusterError `DEVCLUSTER_INVALID_OPTION`
 */
export function serverEngine(options: DevClusterOptions, kept?: KeptConfiguration): ServerEngine {
  const { engine, vault } = options;
  if (engine !== undefined && engine !== "embedded" && engine !== "real") {
    throw invalidOption(`engine: ${JSON.stringify(engine)} is not known: write embedded or real`);
  }
  if (engine === "embedded" && vault?.version !== undefined) {
    throw invalidOption(`vault.version: ${vault.version} goes with engine real, not with embedded`);
  }
  const chosen = engine ?? (vault?.version === undefined ? (kept?.engine ?? "embedded") : "real");
  if (chosen === "real" && vault?.takeover !== undefined) {
    throw invalidOption(
      "vault.takeover: goes with engine embedded; a real Vault takes over when Consul's session is gone",
    );
  }
  return chosen;
}

/**
 * @param own the version of the user's own `vault`, if there is one
 * @throws DevClusterError `DEVCLUSTER_INVALID_OPTION` that names the option
 */
export function clusterSettings(options: DevClusterOptions, kept?: KeptConfiguration, own?: string): ClusterSettings {
  const { services = kept?.services ?? defaultServices, mysql = {}, logins = defaultLogins } = options;
  const vault = vaultSettings({ ...kept?.vault, ...given(options.vault) }, own);
  if (services.length === 0) throw invalidOption("services: name at least one, such as todo");
  if (!Number.isInteger(logins) || logins < 1 || logins > 1_000) {
    throw invalidOption(`logins: ${logins}: write a whole number from 1 to 1000`);
  }
  if (mysql && "url" in mysql && "settings" in mysql) {
    throw invalidOption("mysql: settings are for a MariaDB of the cluster's own, not for one that a url names");
  }
  for (const [index, service] of services.entries()) checkService(service, services.slice(0, index), vault);
  return { services, engine: serverEngine(options, kept), vault, mysql, logins };
}

function checkService(service: string, before: readonly string[], vault: VaultSettings): void {
  const { auth, engine, leaseTtl, maxTtl } = vault;
  if (before.includes(service)) throw invalidOption(`services: ${service} is named twice`);
  if (taken.has(service)) throw invalidOption(`services: ${service} is the cluster's own: name yours otherwise`);
  try {
    checkConfigureOptions({ service, auth, engine, leaseTtl, maxTtl });
  } catch (error) {
    throw invalidOption((error as Error).message);
  }
}

/** Without options that are there but undefined. */
function given(options: DevVaultOptions = {}): DevVaultOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
