import { Secret } from "@minicluster/core";
import {
  embeddedVaultStorage,
  requireLeg,
  startConsul,
  startEmbeddedVault,
  startVault,
  unseal,
  type Vault,
} from "@minicluster/servers";
import type { BackendOf } from "../behaviour.ts";
import { ask } from "./asking.ts";

/** Two nodes over one storage. */
export interface VaultPair {
  first: Vault;
  second: Vault;
  token: string;
  key: string;
}

/** How long nobody leads after a leader was lost; a real one takes some 35 s, which is not waited for here. */
const takeover = "3s";

async function initialised(first: Vault, second: Vault): Promise<VaultPair> {
  const made = await ask({ address: first.address, token: "" }, "PUT sys/init", {
    secret_shares: 1,
    secret_threshold: 1,
  });
  const { keys_base64, root_token } = made.body as { keys_base64: [string]; root_token: string };
  const keys = [new Secret(keys_base64[0])];
  await unseal({ vault: first, keys });
  await unseal({ vault: second, keys });
  return { first, second, token: root_token, key: keys_base64[0] };
}

async function startReal(version: "1.11.0" | "1.14.0"): Promise<VaultPair & AsyncDisposable> {
  const consul = await startConsul();
  const first = await startVault({ version, storage: consul, name: "vault1" });
  const second = await startVault({ version, storage: consul, name: "vault2" });
  const close = async (): Promise<void> => {
    await Promise.all([first.close(), second.close()]);
    await consul.close();
  };
  return { ...(await initialised(first, second)), [Symbol.asyncDispose]: close };
}

async function startEmbedded(): Promise<VaultPair & AsyncDisposable> {
  const storage = embeddedVaultStorage();
  const first = await startEmbeddedVault({ storage, takeover, name: "vault1" });
  const second = await startEmbeddedVault({ storage, takeover, name: "vault2" });
  const close = async (): Promise<void> => void (await Promise.all([first.close(), second.close()]));
  return { ...(await initialised(first, second)), [Symbol.asyncDispose]: close };
}

export const pairs: readonly BackendOf<VaultPair>[] = [
  ...(["1.11.0", "1.14.0"] as const).map((version) => ({
    name: version,
    missing: async (): Promise<string | undefined> =>
      (await requireLeg("consul")) ?? (await requireLeg(`vault-${version}`)),
    start: () => startReal(version),
  })),
  { name: "embedded", missing: async () => undefined, start: startEmbedded },
];
