import type { Secret } from "@minicluster/core";
import { asJson, type Json } from "./answer.ts";
import type { VaultClient } from "./client.ts";
import type { CallOptions } from "./request.ts";

/**
 * What a wrapping token holds: its `data`, or its `auth` for a wrapped login. It works once.
 *
 * @throws VaultError `VAULT_WRAPPING_GONE` when it was used before or has expired
 */
export async function unwrap(
  client: VaultClient,
  wrapping: Secret,
  options: CallOptions & { phase?: string } = {},
): Promise<Json> {
  const { phase = "unwrapping", ...call } = options;
  const request = { method: "POST", path: "sys/wrapping/unwrap", token: wrapping, purpose: "wrapping", phase } as const;
  const body = await client.request({ ...call, ...request, issues: true });
  return asJson(body?.["data"]) ?? asJson(body?.["auth"]) ?? {};
}
