import type { VaultClient } from "@minicluster/vault";
import { VaultError } from "@minicluster/vault";
import { json } from "../vault-call.ts";
import type { Made } from "./partners.ts";

export interface LeasesOptions {
  /** With an operator's token. */
  vault: VaultClient;
  /** Of the secrets engine. */
  mount: string;
  signal: AbortSignal | undefined;
}

/** Names at a path of Vault; none where there is nothing. @throws VaultError */
export async function keysAt({ vault, signal }: LeasesOptions, path: string): Promise<string[]> {
  try {
    const keys = json((await vault.list(path, { signal }))?.["data"])?.["keys"];
    return Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : [];
  } catch (error) {
    if (error instanceof VaultError && error.status === 404) return [];
    throw error;
  }
}

/**
 * The roles of the engine whose accounts are in the same MySQL as this one's, and roles that are gone but have leases.
 *
 * @throws VaultError
 */
export async function rolesBeside(options: LeasesOptions, role: string): Promise<string[]> {
  const { vault, mount, signal } = options;
  const database = async (each: string): Promise<unknown> =>
    json((await vault.read(`${mount}/roles/${each}`, { signal }))?.["data"])?.["db_name"];
  const roles = await keysAt(options, `${mount}/roles`);
  const own = roles.includes(role) ? await database(role) : undefined;
  const beside: string[] = [];
  for (const each of roles) if (each === role || (await database(each)) === own) beside.push(each);
  const leased = await keysAt(options, `sys/leases/lookup/${mount}/creds`);
  const gone = leased.map((key) => key.replace(/\/$/, "")).filter((each) => !roles.includes(each));
  return [...new Set([...beside, ...gone])];
}

/** The ids of all leases of these roles. @throws VaultError */
export async function leaseIds(options: LeasesOptions, roles: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const role of roles) {
    const prefix = `${options.mount}/creds/${role}`;
    for (const key of await keysAt(options, `sys/leases/lookup/${prefix}`)) ids.push(`${prefix}/${key}`);
  }
  return ids;
}

/** When each of them was made; without those that have ended meanwhile. @throws VaultError */
export async function leaseTimes({ vault, signal }: LeasesOptions, ids: readonly string[]): Promise<Made[]> {
  const made: Made[] = [];
  for (const name of ids) {
    try {
      const body = { lease_id: name };
      const phase = "looking at a lease";
      const request = { method: "POST", path: "sys/leases/lookup", body, phase, issues: false } as const;
      const data = json((await vault.request({ ...request, signal }))?.["data"]);
      const at = Date.parse(String(data?.["issue_time"]));
      if (Number.isFinite(at)) made.push({ name, at });
    } catch (error) {
      // Vault answers 400 for a lease that is no more.
      if (!(error instanceof VaultError) || error.kind === "unreachable" || error.status === 403) throw error;
    }
  }
  return made;
}
