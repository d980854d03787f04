import { Secret } from "@minicluster/core";
import type { VaultClient } from "@minicluster/vault";
import { readData, write } from "./vault-call.ts";

/** A KV mount that only operators can read: no policy of a service names it. */
export const operatorMount = "minicluster";

interface Place {
  vault: VaultClient;
  service: string;
  signal?: AbortSignal | undefined;
}

/** The app-id that `configureCluster` gave the service; undefined when it gave none. */
export async function readAppId({ vault, service, signal }: Place): Promise<Secret | undefined> {
  const path = `${operatorMount}/services/${service}`;
  const data = await readData({ vault, signal, path, doing: `reading what is known of ${service}` });
  const appId = data?.["app_id"];
  return typeof appId === "string" && appId !== "" ? new Secret(appId) : undefined;
}

export async function rememberAppId({ vault, service, signal }: Place, appId: Secret): Promise<void> {
  const path = `${operatorMount}/services/${service}`;
  const body = { app_id: appId.reveal() };
  await write({ vault, signal, path, doing: `keeping the app-id of ${service}`, body, secrets: [appId] });
}
