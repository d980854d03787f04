import type { Secret } from "@minicluster/core";
import { type VaultClient, VaultError, type VaultRequest } from "@minicluster/vault";
import { AdminError } from "./error.ts";

/** A JSON object of Vault's. */
export type Json = Record<string, unknown>;

export interface VaultCall {
  vault: VaultClient;
  /** What is done, for errors: "enabling app-id". The path is not shown: some paths hold an identifier. */
  doing: string;
  path: string;
  query?: Record<string, string> | undefined;
  /** What must not be in an error, whoever repeats it. */
  secrets?: readonly Secret[] | undefined;
  signal?: AbortSignal | undefined;
}

/** The `data` of what lies at a path; undefined where nothing does. */
export async function readData(call: VaultCall): Promise<Json | undefined> {
  const body = await clean(call, async () => {
    try {
      return (await call.vault.request({ ...base(call), method: "GET" })) ?? {};
    } catch (error) {
      if (error instanceof VaultError && error.status === 404) return undefined;
      throw error;
    }
  });
  return body && (json(body["data"]) ?? {});
}

/** POST; the whole answer. */
export async function write(call: VaultCall & { body: Json; wrapMs?: number | undefined }): Promise<Json> {
  const { body, wrapMs } = call;
  return (await clean(call, () => call.vault.request({ ...base(call), method: "POST", body, wrapMs }))) ?? {};
}

function base(call: VaultCall): Omit<VaultRequest, "method"> {
  return { path: call.path, query: call.query, phase: call.doing, signal: call.signal, timeoutMs: 15_000 };
}

/** Vault's failure as ours: no path, no body, no secret. */
async function clean<T>(call: VaultCall, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    let message = error.message;
    for (const secret of call.secrets ?? []) message = message.replaceAll(secret.reveal(), "[secret]");
    const advice = error.code === "VAULT_DENIED" ? "; use a token that may do this, such as the root token" : "";
    throw new AdminError({ code: "ADMIN_VAULT_FAILED", kind: error.kind, message: message + advice });
  }
}

export function json(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}
