import { type Clock, type Duration, durationMs, systemClock } from "@minicluster/core";
import type { VaultClient } from "@minicluster/vault";
import { type DoctorOverrides, doctorSettings } from "./doctor-settings.ts";
import type { Examination } from "./examination.ts";
import { examineLeases } from "./examine-leases.ts";
import { examineLogin } from "./examine-login.ts";
import { examineCredentials, examineMysql } from "./examine-mysql.ts";
import { examinePolicy } from "./examine-policy.ts";
import { examineVault } from "./examine-vault.ts";
import { findPlaces, type Places } from "./find-places.ts";
import { type Finding, Findings } from "./finding.ts";
import type { ServiceSession } from "./service-session.ts";

export interface DoctorOptions extends DoctorOverrides {
  /** A service's environment; for a look at leases, with an operator's VAULT_TOKEN and MYSQL_ADMIN_URL. Default `process.env`. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Each question. Default 5 s. */
  timeout?: Duration | undefined;
  /** Hears each finding as it is made. */
  onFinding?: ((finding: Finding) => void) | undefined;
  clock?: Clock | undefined;
  signal?: AbortSignal | undefined;
}

export interface DoctorReport {
  /** Whether no finding is a failure. */
  healthy: boolean;
  findings: readonly Finding[];
}

/**
 * Looks at a cluster as one instance of a service sees it: reaches Consul, Vault and MySQL, logs in, gets credentials,
 * opens a connection; and says of each thing how it is and what to do. It makes one login and one account, and gives
 * both back at the end, also when it is aborted.
 *
 * @throws AdminError `ADMIN_INVALID_OPTION`; MiniclusterError `INVALID_DURATION`; the signal's reason
 * @example const { healthy, findings } = await doctor({ env: process.env });
 */
export async function doctor(options: DoctorOptions = {}): Promise<DoctorReport> {
  const { env = process.env, clock = systemClock, signal } = options;
  const timeoutMs = durationMs(options.timeout ?? "5s", "timeout");
  const findings = new Findings(options.onFinding);
  const settings = doctorSettings(env, options, findings);
  const examination: Examination = { settings, findings, clock, timeoutMs, signal };
  signal?.throwIfAborted();
  const places = await findPlaces(examination);
  await using client = settings.usesVault ? await examineVault(examination, places.vaults) : undefined;
  if (!settings.usesVault) {
    const advice = "set what it logs in with, such as VAULT_APP_ID and VAULT_USER_ID";
    findings.notChecked("vault", "no login is set: a service that uses no Vault", advice);
  } else if (client) await examineService(examination, { client, places });
  else findings.notChecked("login", "without an active Vault: login, policy, credentials and MySQL");
  signal?.throwIfAborted();
  return { healthy: findings.healthy, findings: findings.list };
}

interface At {
  client: VaultClient;
  places: Places;
}

async function examineService(examination: Examination, at: At): Promise<void> {
  const session = await examineLogin(examination, at.client);
  if (!session) {
    return examination.findings.notChecked("credentials", "without a login: policy, credentials and MySQL");
  }
  try {
    examination.signal?.throwIfAborted();
    await examinePolicy(examination, session);
    await examineAccount(examination, { ...at, session });
  } finally {
    const kept = await session.end();
    for (const { leaseId, reason } of kept) {
      const what = `the lease ${leaseId}, made for this look, could not be revoked: ${reason}`;
      examination.findings.warning("leases", what, "it runs out by itself; or revoke it: vault lease revoke LEASE");
    }
  }
}

async function examineAccount(examination: Examination, at: At & { session: ServiceSession }): Promise<void> {
  const { settings, findings, signal } = examination;
  const { credentials } = settings;
  const { session, client, places } = at;
  if (!credentials) {
    const advice = "set MYSQL_CREDENTIALS to the path that the service reads, such as mysql/creds/todo";
    return findings.notChecked("credentials", "credentials and MySQL: the path of credentials is not known", advice);
  }
  const account = await examineCredentials(examination, session, credentials);
  signal?.throwIfAborted();
  if (!account) return findings.notChecked("mysql", "without credentials: MySQL and the grants");
  if (places.mysql) await examineMysql(examination, account, places.mysql);
  else findings.notChecked("mysql", "its address is not known");
  await examineLeases(examination, { addresses: client.addresses, credentials, account });
}
