import { requireLeg, startEmbeddedVault, startUnsealedVault, type Vault } from "@minicluster/servers";
import type { BackendOf } from "../behaviour.ts";
import { type Asked, ask } from "./asking.ts";

async function startReal(version: "1.11.0" | "1.14.0"): Promise<Asked & AsyncDisposable> {
  const { vault, rootToken } = await startUnsealedVault({ version });
  return asked(vault, rootToken.reveal());
}

async function startEmbedded(): Promise<Asked & AsyncDisposable> {
  const vault = await startEmbeddedVault();
  const sealed = { address: vault.address, token: "" };
  const { body } = await ask(sealed, "PUT sys/init", { secret_shares: 1, secret_threshold: 1 });
  const { keys_base64, root_token } = body as { keys_base64: string[]; root_token: string };
  await ask(sealed, "PUT sys/unseal", { key: keys_base64[0] });
  return asked(vault, root_token);
}

function asked(vault: Vault, token: string): Asked & AsyncDisposable {
  return { address: vault.address, token, [Symbol.asyncDispose]: () => vault.close() };
}

/** What the suites on engines run on; the real ones first, as the ones that are right. */
export const backends: readonly BackendOf<Asked>[] = [
  { name: "1.11.0", missing: () => requireLeg("vault-1.11.0"), start: () => startReal("1.11.0") },
  { name: "1.14.0", missing: () => requireLeg("vault-1.14.0"), start: () => startReal("1.14.0") },
  { name: "embedded", missing: async () => undefined, start: startEmbedded },
];
