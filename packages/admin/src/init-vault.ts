import { type Clock, type Duration, Secret } from "@minicluster/core";
import { VaultClient } from "@minicluster/vault";
import { AdminError, invalidOption } from "./error.ts";
import { whole } from "./names.ts";
import { type Json, write } from "./vault-call.ts";

export interface InitVaultOptions {
  /** Base URL of one node; the nodes share their storage, so one is enough. */
  address: string;
  /** Parts that the unseal key is split into. 1 to 255, default 5. */
  shares?: number | undefined;
  /** Parts that are needed to unseal. 1 to `shares`, and at least 2 when there is more than one. Default 3. */
  threshold?: number | undefined;
  /** PEM of the authority that signed Vault's certificate. */
  ca?: string | undefined;
  /** Default 30 s. */
  timeout?: Duration | undefined;
  clock?: Clock | undefined;
  signal?: AbortSignal | undefined;
}

/** `created`: the only time that anybody sees keys and token. `unchanged`: it was initialised before; there is nothing to see. */
export type InitVaultResult =
  | { done: "created"; keys: readonly Secret[]; rootToken: Secret; threshold: number }
  | { done: "unchanged" };

/**
 * Initialises a Vault (`sys/init` of its API manual), once.
 *
 * @throws AdminError `ADMIN_INVALID_OPTION`, `ADMIN_VAULT_FAILED`
 * @example const made = await initVault({ address: "http://10.0.0.2:8200", shares: 5, threshold: 3 });
 */
export async function initVault(options: InitVaultOptions): Promise<InitVaultResult> {
  const { shares = 5, threshold = 3, address, ca, timeout = "30s", clock, signal } = options;
  checkShares(shares, threshold);
  await using vault = new VaultClient({ address, ca, timeout, clock });
  const status = await ask(vault, address, signal);
  if (status["initialized"] === true) return { done: "unchanged" };
  const body = { secret_shares: shares, secret_threshold: threshold };
  const answer = await write({ vault, doing: `initialising ${address}`, path: "sys/init", body, signal });
  const keys = answer["keys_base64"];
  const token = answer["root_token"];
  if (!Array.isArray(keys) || keys.length !== shares || typeof token !== "string" || token === "") {
    throw new AdminError({
      code: "ADMIN_VAULT_FAILED",
      kind: "unreachable",
      message: `initialising ${address}: the answer holds no keys: is this a Vault with Shamir's seal?`,
    });
  }
  return { done: "created", keys: keys.map((key) => new Secret(String(key))), rootToken: new Secret(token), threshold };
}

function checkShares(shares: number, threshold: number): void {
  whole("shares", shares, [1, 255]);
  whole("threshold", threshold, [1, 255]);
  if (threshold > shares) {
    throw invalidOption(`threshold: ${threshold} of ${shares} shares can never unseal; write at most ${shares}`);
  }
  if (shares > 1 && threshold === 1) {
    throw invalidOption("threshold: Vault takes 1 for a single share only; write at least 2");
  }
}

async function ask(vault: VaultClient, address: string, signal: AbortSignal | undefined): Promise<Json> {
  const phase = `asking ${address} whether it is initialised`;
  return (await vault.request({ method: "GET", path: "sys/init", token: null, address, phase, signal })) ?? {};
}
