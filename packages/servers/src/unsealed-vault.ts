import { retry, Secret, systemClock, withDeadline } from "@minicluster/core";
import { ServersError } from "./errors.ts";
import { http } from "./http.ts";
import { type StartVaultOptions, startVault, type Vault } from "./vault.ts";

export interface UnsealedVault {
  readonly vault: Vault;
  readonly rootToken: Secret;
  /** One key opens it: {@link unseal} after each restart. */
  readonly keys: readonly Secret[];
}

/**
 * A Vault of its own that is initialised with one key share, unsealed and active. For tests; `@minicluster/admin` does
 * it as an operator would.
 *
 * @throws ServersError as startVault does; `REQUEST_FAILED` when Vault refuses (a shared storage may be initialised already)
 * @example const { vault, rootToken } = await startUnsealedVault();
 */
export async function startUnsealedVault(options: StartVaultOptions = {}): Promise<UnsealedVault> {
  const vault = await startVault(options);
  try {
    const made = await put(vault, "/v1/sys/init", { secret_shares: 1, secret_threshold: 1 });
    const { keys_base64, root_token } = made as { keys_base64: string[]; root_token: string };
    const keys = keys_base64.map((key) => new Secret(key));
    await unseal({ vault, keys, signal: options.signal });
    return { vault, rootToken: new Secret(root_token), keys };
  } catch (error) {
    await vault.close();
    throw error;
  }
}

export interface UnsealOptions {
  vault: Vault;
  keys: readonly Secret[];
  signal?: AbortSignal | undefined;
}

const unsealMs = 60_000;

/** Gives a node its keys, and waits until it is active or standing by; 60 s at most. */
export async function unseal({ vault, keys, signal }: UnsealOptions): Promise<void> {
  for (const key of keys) await put(vault, "/v1/sys/unseal", { key: key.reveal() });
  const clock = systemClock;
  await withDeadline({ clock, ms: unsealMs, phase: `unsealing ${vault.name}`, signal }, (inTime) =>
    retry({ clock, signal: inTime, capMs: 100, retryable: () => true }, async () => {
      const status = await vault.status();
      if (status !== "active" && status !== "standby") throw new ServersError("REQUEST_FAILED", `it is ${status}`);
    }),
  );
}

async function put(vault: Vault, path: string, body: unknown): Promise<unknown> {
  const answer = await http({ url: vault.address + path, method: "PUT", body });
  if (answer.status === 200) return answer.json();
  throw new ServersError("REQUEST_FAILED", `${vault.name}: PUT ${path}: ${answer.status} ${answer.text.slice(0, 200)}`);
}
