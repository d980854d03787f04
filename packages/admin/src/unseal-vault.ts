import { type Clock, type Duration, MiniclusterError, Secret } from "@minicluster/core";
import { VaultClient, VaultError } from "@minicluster/vault";
import { AdminError, invalidOption } from "./error.ts";
import { type Json, json } from "./vault-call.ts";

export interface UnsealVaultOptions {
  /** Base URLs of all nodes: each is unsealed on its own. */
  addresses: readonly string[];
  /** In any order; more than the threshold does no harm, fewer leave the node waiting for the rest. */
  keys: readonly (Secret | string)[];
  /** PEM of the authority that signed Vault's certificate. */
  ca?: string | undefined;
  /** Each call. Default 10 s. */
  timeout?: Duration | undefined;
  onProgress?: ((node: UnsealedNode) => void) | undefined;
  clock?: Clock | undefined;
  signal?: AbortSignal | undefined;
}

/** How one node stands. */
export interface UnsealedNode {
  address: string;
  /** `updated`: it is unsealed now. `unchanged`: it was. `waiting`: it wants more keys. `failed`: see `reason`. */
  done: "updated" | "unchanged" | "waiting" | "failed";
  /** Keys that it has been given, of `threshold`. */
  progress: number;
  threshold: number;
  reason?: string | undefined;
}

/**
 * Gives each sealed node the keys it needs. A node that can't be reached or is not initialised doesn't keep the others
 * from being unsealed; it is `failed` in the result.
 *
 * @throws AdminError `ADMIN_INVALID_OPTION` without addresses or keys, `ADMIN_UNSEAL_REFUSED` for a wrong key
 * @example const nodes = await unsealVault({ addresses: ["http://10.0.0.2:8200"], keys });
 */
export async function unsealVault(options: UnsealVaultOptions): Promise<UnsealedNode[]> {
  const { addresses, ca, timeout = "10s", clock } = options;
  if (addresses.length === 0) throw invalidOption("addresses: name at least one Vault node");
  const keys = distinct(options.keys);
  if (keys.length === 0) throw invalidOption("keys: at least one unseal key is needed");
  const nodes: UnsealedNode[] = [];
  for (const address of addresses) {
    await using vault = new VaultClient({ address, ca, timeout, clock });
    const node = await unsealNode({ ...options, vault, address, keys });
    nodes.push(node);
    options.onProgress?.(node);
  }
  return nodes;
}

interface OneNode extends UnsealVaultOptions {
  keys: readonly Secret[];
  vault: VaultClient;
  address: string;
}

async function unsealNode(options: OneNode): Promise<UnsealedNode> {
  const { vault, address, keys, onProgress, signal } = options;
  try {
    let status = nodeOf(address, await vault.sealStatus(address, { signal }));
    if (status.done !== "waiting") return status;
    for (const key of keys) {
      status = nodeOf(address, await giveKey(options, key));
      if (status.done !== "waiting") return { ...status, done: "updated", progress: status.threshold };
      onProgress?.(status);
    }
    return status;
  } catch (error) {
    if (signal?.aborted || error instanceof AdminError || !(error instanceof MiniclusterError)) throw error;
    return { address, done: "failed", progress: 0, threshold: 0, reason: error.message };
  }
}

async function giveKey(options: OneNode, key: Secret): Promise<Json | undefined> {
  const { vault, address, signal } = options;
  const body = { key: key.reveal() };
  try {
    const phase = `unsealing ${address}`;
    return await vault.request({ method: "POST", path: "sys/unseal", token: null, address, body, phase, signal });
  } catch (error) {
    if (!(error instanceof VaultError) || !refusesKeys(error)) throw error;
    // Vault tells a wrong key only when the last one needed has come, and then forgets them all.
    throw new AdminError({
      code: "ADMIN_UNSEAL_REFUSED",
      kind: "refused",
      message: `unsealing ${address}: Vault refused the keys: one of them is not this Vault's, or is damaged; nothing was unsealed, give them all again`,
    });
  }
}

/** 1.14 answers 400; 1.11 answers 500 to keys that are not, or not all, its own. */
function refusesKeys({ status, message }: VaultError): boolean {
  return status === 400 || (status === 500 && /authentication failed|invalid key|combined key/i.test(message));
}

function nodeOf(address: string, body: Json | undefined): UnsealedNode {
  const { initialized, sealed, progress, t } = json(body) ?? {};
  if (initialized === false) {
    return {
      address,
      done: "failed",
      progress: 0,
      threshold: 0,
      reason: `${address}: not initialised; run init first`,
    };
  }
  if (typeof sealed !== "boolean" || typeof progress !== "number" || typeof t !== "number") {
    return { address, done: "failed", progress: 0, threshold: 0, reason: `${address}: the answer is no seal status` };
  }
  return { address, done: sealed ? "waiting" : "unchanged", progress, threshold: t };
}

function distinct(keys: readonly (Secret | string)[]): Secret[] {
  const all = new Set(keys.map((key) => Secret.of(key).reveal().trim()));
  all.delete("");
  return [...all].map((key) => new Secret(key));
}
