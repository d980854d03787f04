import type { Clock } from "@minicluster/core";
import { VaultClient, type VaultError } from "@minicluster/vault";

/** How one Vault node stands. */
export interface VaultStatus {
  address: string;
  state: "active" | "standby" | "sealed" | "uninitialized" | "unreachable";
  /** The status of `sys/health`; undefined where nothing answered. */
  code: number | undefined;
  initialized: boolean | undefined;
  sealed: boolean | undefined;
  version: string | undefined;
  /** The active node, as this one knows it. */
  leader: string | undefined;
  /** Why it is `unreachable`. */
  reason: string | undefined;
}

export interface VaultStatusOptions {
  addresses: readonly string[];
  ca: string | undefined;
  timeoutMs: number;
  clock: Clock;
  signal: AbortSignal | undefined;
}

/** Statuses of `sys/health` (Vault's API manual, "/sys/health"), and what they say. */
const states = {
  active: { code: 200, initialized: true, sealed: false },
  standby: { code: 429, initialized: true, sealed: false },
  uninitialized: { code: 501, initialized: false, sealed: true },
  sealed: { code: 503, initialized: true, sealed: true },
  unreachable: { code: undefined, initialized: undefined, sealed: undefined },
} as const;

/** Each node asked on its own, all at once. */
export async function vaultStatuses(options: VaultStatusOptions): Promise<VaultStatus[]> {
  return await Promise.all(options.addresses.map((address) => one(address, options)));
}

async function one(address: string, options: VaultStatusOptions): Promise<VaultStatus> {
  const { ca, clock, timeoutMs, signal } = options;
  await using vault = new VaultClient({ address, ca, clock, timeout: timeoutMs });
  const health = await vault.health(address, { signal });
  const { state, version, reason } = health;
  const unsealed = state === "active" || state === "standby";
  const leader = unsealed ? await leaderOf(vault, address, signal) : undefined;
  return { address, state, ...states[state], version, leader, reason };
}

async function leaderOf(vault: VaultClient, address: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const body = await vault.request({ method: "GET", path: "sys/leader", token: null, address, signal });
    const leader = body?.["leader_address"];
    return typeof leader === "string" && leader !== "" ? leader : undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as VaultError).kind === "unreachable") return undefined;
    throw error;
  }
}
