import { requireLeg, startEmbeddedVault, startUnsealedVault, type Vault } from "@minicluster/servers";
import type { BackendOf } from "../behaviour.ts";
import { type Asked, ask } from "./asking.ts";

/** One Vault, initialised with one key share. */
export interface Node extends Asked {
  vault: Vault;
  /** In base64. */
  key: string;
}

async function startReal(version: "1.11.0" | "1.14.0"): Promise<Node & AsyncDisposable> {
  const { vault, rootToken, keys } = await startUnsealedVault({ version });
  return node(vault, rootToken.reveal(), keys[0]?.reveal() ?? "");
}

async function startEmbedded(): Promise<Node & AsyncDisposable> {
  const vault = await startEmbeddedVault();
  const made = await ask({ address: vault.address, token: "" }, "PUT sys/init", {
    secret_shares: 1,
    secret_threshold: 1,
  });
  const { keys_base64, root_token } = made.body as { keys_base64: [string]; root_token: string };
  await ask({ address: vault.address, token: "" }, "PUT sys/unseal", { key: keys_base64[0] });
  return node(vault, root_token, keys_base64[0]);
}

function node(vault: Vault, token: string, key: string): Node & AsyncDisposable {
  return { vault, address: vault.address, token, key, [Symbol.asyncDispose]: () => vault.close() };
}

/** One unsealed Vault each; the real ones first, as the ones that are right. */
export const nodes: readonly BackendOf<Node>[] = [
  { name: "1.11.0", missing: () => requireLeg("vault-1.11.0"), start: () => startReal("1.11.0") },
  { name: "1.14.0", missing: () => requireLeg("vault-1.14.0"), start: () => startReal("1.14.0") },
  { name: "embedded", missing: async () => undefined, start: startEmbedded },
];
