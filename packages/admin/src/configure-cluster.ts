import { durationMs, Secret, systemClock } from "@minicluster/core";
import { type ConfigureClusterOptions, configureSettings } from "./configure-options.ts";
import { connect } from "./connection.ts";
import { allowLogin } from "./login.ts";
import { mount } from "./mounts.ts";
import { MysqlSide } from "./mysql-admin.ts";
import { servicePolicy } from "./policy.ts";
import { put } from "./put.ts";
import { type Entry, engines } from "./secrets-engine.ts";
import { type Step, Steps } from "./step.ts";
import { untilActive } from "./until-active.ts";
import { VaultAccount } from "./vault-account.ts";

export interface ConfigureClusterResult {
  steps: readonly Step[];
  /** The path that the service reads its credentials from: its MYSQL_CREDENTIALS. */
  credentials: string;
  /** Its MYSQL_DATABASE. */
  database: string;
  /** The name of its policy in Vault. */
  policy: string;
}

/**
 * Makes MySQL and Vault ready for a service: its database, Vault's account in MySQL (with a password that lies in Vault
 * alone), the secrets engine with a role, the policy, the auth method. Run again, it changes what differs and nothing else.
 *
 * @throws AdminError, MiniclusterError `INVALID_DURATION` and `TIMED_OUT`
 * @example await configureCluster({ vault, mysql: { host: "10.0.0.4", adminUser: "root", adminPassword } });
 */
export async function configureCluster(options: ConfigureClusterOptions): Promise<ConfigureClusterResult> {
  const settings = configureSettings(options);
  const { service, database, engine: type, auth, privileges, role } = settings;
  const { vault, signal, clock = systemClock } = options;
  const steps = new Steps(options.onStep);
  await untilActive({ vault, clock, signal, ms: durationMs(options.wait ?? "15s", "wait") });
  await using mysql = await MysqlSide.connect(options.mysql);
  const { account: name, accountHost: host } = settings;
  const account = new VaultAccount({ mysql, name, host, database, privileges, steps });
  await account.createDatabase();
  await mount({ vault, under: "sys/mounts", type, path: settings.mount, steps, signal });
  const engine = engines[type];
  const entries = engine.entries(settings);
  const credentials = `${settings.mount}/creds/${role}`;
  await connect({
    vault,
    mysql,
    account,
    settings,
    credentials,
    entries,
    steps,
    signal,
    rotate: options.rotatePassword,
  });
  await put({ vault, steps, signal, entry: policyEntry(service, servicePolicy(credentials)) });
  const { tokenSeconds, tokenMaxSeconds } = settings;
  const appId = options.appId === undefined ? undefined : Secret.of(options.appId);
  await allowLogin(auth, { vault, service, policy: service, appId, tokenSeconds, tokenMaxSeconds, steps, signal });
  return { steps: steps.list, credentials, database, policy: service };
}

function policyEntry(name: string, policy: string): Entry {
  const matches: Entry["matches"] = (data) => data["policy"] === policy;
  return { step: `policy ${name}`, path: `sys/policies/acl/${name}`, body: { policy }, matches };
}
