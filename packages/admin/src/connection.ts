import { type VaultClient, VaultError } from "@minicluster/vault";
import type { ConfigureSettings } from "./configure-options.ts";
import { AdminError } from "./error.ts";
import type { MysqlSide } from "./mysql-admin.ts";
import { onlyOurs } from "./other-connections.ts";
import { put } from "./put.ts";
import { type Entry, engines } from "./secrets-engine.ts";
import { randomPassword } from "./sql.ts";
import type { Done, Steps } from "./step.ts";
import type { VaultAccount } from "./vault-account.ts";
import { json, readData, write } from "./vault-call.ts";

export interface ConnectOptions {
  vault: VaultClient;
  mysql: MysqlSide;
  account: VaultAccount;
  settings: ConfigureSettings;
  /** The path of the service's credentials. */
  credentials: string;
  /** The role and what else the engine keeps. */
  entries: readonly Entry[];
  rotate: boolean | undefined;
  steps: Steps;
  signal: AbortSignal | undefined;
}

/**
 * Joins Vault to MySQL, and proves it by credentials that are issued, looked for in this MySQL and revoked. Where a
 * connection was there before, its password is replaced only when that proof fails, or on demand.
 */
export async function connect(options: ConnectOptions): Promise<void> {
  const { vault, account, settings, entries, steps, signal } = options;
  const engine = engines[settings.engine];
  const path = engine.connection(settings, undefined).path;
  const data = await readData({ vault, signal, path, doing: "reading Vault's connection to MySQL" });
  const entry = engine.connection(settings, data);
  const existed = await account.exists();
  if (data === undefined && existed) await onlyOurs(options);
  const fresh = options.rotate === true || data === undefined || !existed;
  let done: Done = "unchanged";
  // Privileges on everything count from a connection's start, so they are granted before Vault connects.
  if (fresh) done = await newPassword(options, entry);
  else await account.grant();
  let failure = fresh || entry.matches(data) ? undefined : await change(options, entry);
  const changed = fresh || !entry.matches(data);
  for (const each of entries) await put({ vault, entry: each, steps, signal });
  failure ??= await tryOut(options);
  if (failure && !fresh) {
    done = await newPassword(options, entry);
    failure = await tryOut(options);
  }
  if (failure) throw failure;
  steps.add(`account ${settings.account}`, done);
  steps.add(entry.step, !data ? "created" : changed || done !== "unchanged" ? "updated" : "unchanged");
}

/** A password that only MySQL and Vault know. The first write of a connection logs in with it. */
async function newPassword(options: ConnectOptions, entry: Entry): Promise<Done> {
  const { vault, account, settings, signal } = options;
  const password = randomPassword();
  const done = await account.setPassword(password);
  await account.grant();
  const body = engines[settings.engine].withPassword(entry.body, password.reveal());
  const doing = `connecting Vault to MySQL at ${settings.host}:${settings.port} as ${settings.account}`;
  await write({ vault, signal, path: entry.path, doing, body, secrets: [password] });
  return done;
}

/** Tells Vault what differs, with the password it has. Resolves to why MySQL refused it. */
async function change({ vault, signal }: ConnectOptions, { path, body }: Entry): Promise<AdminError | undefined> {
  try {
    await write({ vault, signal, path, doing: "changing Vault's connection to MySQL", body });
  } catch (error) {
    if (error instanceof AdminError && error.kind === "refused") return error;
    throw error;
  }
  return undefined;
}

/** Why credentials can't be had; undefined when they can. */
async function tryOut(options: ConnectOptions): Promise<AdminError | undefined> {
  const { vault, mysql, settings, credentials, signal } = options;
  const doing = `trying out ${credentials}`;
  let lease: Record<string, unknown>;
  try {
    lease = (await vault.request({ method: "GET", path: credentials, phase: doing, signal, issues: true })) ?? {};
  } catch (error) {
    if (!(error instanceof VaultError) || error.code === "VAULT_UNREACHABLE") throw error;
    return failed(error.message);
  }
  const name = json(lease["data"])?.["username"];
  const found = await mysql.run("looking for the account that Vault made", "SELECT 1 FROM mysql.user WHERE User = ?", [
    name,
  ]);
  const revoke = `sys/leases/revoke/${String(lease["lease_id"])}`;
  await write({ vault, signal, path: revoke, doing: "revoking the credentials that were tried out", body: {} });
  const there = `${settings.host}:${settings.port}`;
  return found.length > 0
    ? undefined
    : failed(`${doing}: Vault makes its accounts in another MySQL than the one at ${there}`);
}

function failed(message: string): AdminError {
  return new AdminError({ code: "ADMIN_VAULT_FAILED", kind: "refused", message });
}
