import { randomUUID } from "node:crypto";
import { Secret } from "@minicluster/core";
import type { VaultClient } from "@minicluster/vault";
import { readAppId, rememberAppId } from "./app-id-store.ts";
import type { Steps } from "./step.ts";
import { type Json, readData, write } from "./vault-call.ts";

/** `app-id`: Vault before 1.13. `approle`: its successor. */
export type AuthName = "app-id" | "approle";

export interface AuthSettings {
  vault: VaultClient;
  service: string;
  policy: string;
  /** The operator's own app-id, when he brings one. */
  appId: Secret | undefined;
  tokenSeconds: number;
  tokenMaxSeconds: number;
  steps: Steps;
  signal: AbortSignal | undefined;
}

/** How a service logs in, by method. */
export const authMethods: Readonly<Record<AuthName, (settings: AuthSettings) => Promise<void>>> = {
  "app-id": mapAppId,
  approle: writeRole,
};

/** One app-id for the service, kept in the operator's own mount of Vault so that a second run finds it. */
async function mapAppId(settings: AuthSettings): Promise<void> {
  const { vault, service, policy, steps, signal } = settings;
  await tune(settings);
  const known = await readAppId(settings);
  const appId = settings.appId ?? known ?? new Secret(randomUUID());
  const call = { vault, signal, path: `auth/app-id/map/app-id/${appId.reveal()}`, secrets: [appId] };
  const data = await readData({ ...call, doing: `reading the app-id of ${service}` });
  const mapped = isMapped(data) ? data : undefined;
  const right = mapped?.["value"] === policy && mapped["display_name"] === service;
  if (!right) {
    await write({ ...call, doing: `mapping the app-id of ${service}`, body: { value: policy, display_name: service } });
  }
  if (!known?.equals(appId)) await rememberAppId(settings, appId);
  steps.add(`app-id of ${service}`, !mapped ? "created" : right && known?.equals(appId) ? "unchanged" : "updated");
}

/** Vault answers 200 for what was never mapped, without a value. */
export function isMapped(data: Json | undefined): boolean {
  return typeof data?.["value"] === "string" && data["value"] !== "";
}

/** Lives of its tokens are set for the whole of the method. */
async function tune({ vault, steps, signal, tokenSeconds, tokenMaxSeconds }: AuthSettings): Promise<void> {
  const call = { vault, signal, path: "sys/auth/app-id/tune" };
  const body = { default_lease_ttl: `${tokenSeconds}s`, max_lease_ttl: `${tokenMaxSeconds}s` };
  const data = await readData({ ...call, doing: "reading the lives of app-id's tokens" });
  const right = data?.["default_lease_ttl"] === tokenSeconds && data["max_lease_ttl"] === tokenMaxSeconds;
  if (!right) await write({ ...call, doing: "setting the lives of app-id's tokens", body });
  steps.add("token lives of app-id", right ? "unchanged" : "updated");
}

async function writeRole(settings: AuthSettings): Promise<void> {
  const { vault, service, policy, steps, signal, tokenSeconds, tokenMaxSeconds } = settings;
  await disableLockout(settings);
  const call = { vault, signal, path: `auth/approle/role/${service}` };
  const body: Json = {
    bind_secret_id: true,
    token_policies: [policy],
    token_ttl: tokenSeconds,
    token_max_ttl: tokenMaxSeconds,
  };
  const data = await readData({ ...call, doing: `reading the AppRole ${service}` });
  const right =
    data !== undefined && Object.entries(body).every(([name, value]) => String(data[name]) === String(value));
  if (!right) await write({ ...call, doing: `writing the AppRole ${service}`, body });
  steps.add(`AppRole ${service}`, !data ? "created" : right ? "unchanged" : "updated");
}

/**
 * Since 1.13 Vault locks a role-id after five refused logins: one instance with a wrong secret-id would lock out all
 * others, and a secret-id can't be guessed anyway. A Vault without lockouts takes the setting and forgets it.
 * (Vault's manual, "User lockout".)
 */
async function disableLockout({ vault, steps, signal }: AuthSettings): Promise<void> {
  const call = { vault, signal, path: "sys/auth/approle/tune" };
  const read = async (): Promise<boolean> =>
    (await readData({ ...call, doing: "reading how AppRole locks" }))?.["user_lockout_disable"] === true;
  if (await read()) return steps.add("no lockout of AppRole", "unchanged");
  await write({
    ...call,
    doing: "switching off lockouts of AppRole",
    body: { user_lockout_config: { lockout_disable: true } },
  });
  if (await read()) steps.add("no lockout of AppRole", "updated");
}
