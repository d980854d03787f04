import type { VaultClient } from "@minicluster/vault";
import { AdminError } from "./error.ts";
import type { Steps } from "./step.ts";
import { type Json, json, readData, write } from "./vault-call.ts";

export interface MountOptions {
  vault: VaultClient;
  /** Where mounts of this sort are listed and made: `sys/mounts` or `sys/auth`. */
  under: "sys/mounts" | "sys/auth";
  type: string;
  path: string;
  options?: Json | undefined;
  steps: Steps;
  signal: AbortSignal | undefined;
}

/** Mounts a secrets engine or enables an auth method where it isn't yet. */
export async function mount(request: MountOptions): Promise<void> {
  const { vault, under, type, path, steps, signal } = request;
  const what = under === "sys/auth" ? "auth method" : "secrets engine";
  const all = await readData({ vault, signal, path: under, doing: `listing ${what}s` });
  const found = json(all?.[`${path}/`]);
  if (found && found["type"] !== type) {
    throw new AdminError({
      code: "ADMIN_VAULT_FAILED",
      kind: "invalid",
      message: `${what} ${type}: something else (${String(found["type"])}) is mounted at ${path}/; name another mount`,
    });
  }
  if (!found) await enable(request, what);
  steps.add(`${what} ${path}`, found ? "unchanged" : "created");
}

async function enable({ vault, under, type, path, options, signal }: MountOptions, what: string): Promise<void> {
  const body = { type, ...(options && { options }) };
  try {
    await write({ vault, signal, path: `${under}/${path}`, doing: `enabling the ${what} ${type}`, body });
  } catch (error) {
    if (
      !(error instanceof AdminError) ||
      !/removed builtin|unknown (backend|auth) type|plugin not found/i.test(error.message)
    )
      throw error;
    const successor = { "app-id": "approle", mysql: "database" }[type];
    throw new AdminError({
      code: "ADMIN_VAULT_FAILED",
      kind: "invalid",
      message: `this Vault has no ${what} ${type}${successor ? ` any more; use its successor, ${successor}` : ""}`,
    });
  }
}
