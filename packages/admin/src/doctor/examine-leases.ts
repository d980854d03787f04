import { MiniclusterError, sleep } from "@minicluster/core";
import { VaultClient, VaultError } from "@minicluster/vault";
import { AdminError } from "../error.ts";
import { MysqlSide } from "../mysql-admin.ts";
import { Operator } from "../operator.ts";
import { accountsOf } from "./account-names.ts";
import type { CredentialsPath } from "./doctor-settings.ts";
import type { Examination } from "./examination.ts";
import { type LeasesOptions, leaseIds, leaseTimes, rolesBeside } from "./leases.ts";
import { type Made, type Partners, withoutPartner } from "./partners.ts";
import type { IssuedAccount } from "./service-session.ts";

/** With more leases than this only their number is compared: each is a question of its own. */
const mostLeases = 500;
const mostNames = 10;
/** Between two looks: an account that is just being made or dropped has no partner for a moment. */
const againMs = 1_500;

/** What an operator's rights are for. */
interface Rights {
  leases: LeasesOptions;
  mysql: MysqlSide;
  roles: readonly string[];
  isOurs: (username: string) => boolean;
}

/** Looks for accounts of the engine without a lease, and for leases without an account. */
export async function examineLeases(
  examination: Examination,
  at: { addresses: readonly string[]; credentials: CredentialsPath; account: IssuedAccount },
): Promise<void> {
  const { settings, findings, clock, timeoutMs, signal } = examination;
  const { credentials, account } = at;
  if (credentials.isStatic) return;
  const why = whyNot(examination);
  if (why) return findings.notChecked("leases", "accounts and leases without a partner", why);
  const { ca, namespace } = settings.vault ?? {};
  const token = settings.operatorToken;
  await using vault = new VaultClient({ address: at.addresses, token, ca, namespace, clock, timeout: timeoutMs });
  try {
    await using mysql = await MysqlSide.connect(await new Operator({ env: settings.env, signal }).mysql());
    const here = await mysql.run("looking for the account", "SELECT 1 FROM mysql.user WHERE User = ?", [
      account.username,
    ]);
    if (here.length === 0) {
      const advice = "set it to the MySQL in which Vault makes its accounts";
      return findings.notChecked("leases", "MYSQL_ADMIN_URL is another MySQL than the service's", advice);
    }
    const { mount, role } = credentials;
    const leases: LeasesOptions = { vault, mount, signal };
    const roles = await rolesBeside(leases, role);
    const isOurs = accountsOf(roles, { username: account.username, role });
    if (!isOurs) {
      return findings.notChecked("leases", `accounts of ${mount} are named by a template of their own`);
    }
    await compare(examination, { leases, mysql, roles, isOurs });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof MiniclusterError)) throw error;
    findings.notChecked("leases", error.message, adviceOn(error, credentials));
  }
}

function whyNot({ settings }: Examination): string | undefined {
  const { operatorToken, env } = settings;
  if (!operatorToken) return "to look for them, set VAULT_TOKEN to an operator's token beside the service's login";
  if (env["MYSQL_ADMIN_URL"] || env["MYSQL_ADMIN_USER"]) return undefined;
  return "to look for them, set MYSQL_ADMIN_URL to mysql://USER:PASSWORD@HOST:PORT of an administrator";
}

function adviceOn(error: MiniclusterError, { mount }: CredentialsPath): string {
  if (error instanceof AdminError) return "let MYSQL_ADMIN_URL be an account that may read mysql.user, such as root";
  if (error instanceof VaultError && error.kind === "refused") {
    return `set VAULT_TOKEN to a token that may list and read ${mount}/roles, and list (with sudo) sys/leases/lookup/${mount}/creds`;
  }
  return "try again when Vault answers";
}

async function compare(examination: Examination, rights: Rights): Promise<void> {
  const { findings, clock, signal } = examination;
  const { mount } = rights.leases;
  const ids = await leaseIds(rights.leases, rights.roles);
  if (ids.length > mostLeases) return await compareNumbers(examination, { rights, leases: ids.length });
  const first = await look(rights, ids);
  let alone: Partners = first;
  if (first.accounts.length + first.leases.length > 0) {
    await sleep(clock, againMs, { signal });
    const second = await look(rights, await leaseIds(rights.leases, rights.roles));
    alone = {
      accounts: first.accounts.filter(({ name }) => second.accounts.some((each) => each.name === name)),
      leases: first.leases.filter(({ name }) => second.leases.some((each) => each.name === name)),
    };
  }
  if (alone.accounts.length > 0) {
    const what = `${counted(alone.accounts.length, "account")} of ${mount} without a lease: ${names(alone.accounts)}`;
    findings.warning(
      "leases",
      what,
      "no lease will ever drop them: see whether anything logs in by them, then DROP USER. Another Vault over this MySQL makes accounts with such names, too",
    );
  }
  if (alone.leases.length > 0) {
    const what = `${counted(alone.leases.length, "lease")} of ${mount} without an account: ${names(alone.leases)}`;
    findings.warning(
      "leases",
      what,
      "somebody dropped the account: forget each by vault lease revoke -force -prefix LEASE",
    );
  }
  if (alone.accounts.length + alone.leases.length === 0) {
    findings.ok("leases", `${counted(ids.length, "lease")} of ${mount}, an account for each, and no account besides`);
  }
}

async function look({ leases, mysql, isOurs }: Rights, ids: readonly string[]): Promise<Partners> {
  const accounts = await accountTimes(mysql, isOurs);
  const [clock] = await mysql.run("asking for the time", "SELECT UNIX_TIMESTAMP() AS now");
  const health = await leases.vault.request({ method: "GET", path: "sys/health", signal: leases.signal });
  const skewMs = (Number(clock?.["now"]) - Number(health?.["server_time_utc"])) * 1_000;
  const times = await leaseTimes(leases, ids);
  return withoutPartner({ accounts, leases: times }, Math.abs(skewMs) > 2_000 ? skewMs : 0);
}

/** MariaDB keeps the moment in a document of its own (its manual, "mysql.global_priv Table"), MySQL in a column. */
async function accountTimes(mysql: MysqlSide, isOurs: Rights["isOurs"]): Promise<Made[]> {
  const [version] = await mysql.run("asking for the version", "SELECT VERSION() AS version");
  const rows = /mariadb/i.test(String(version?.["version"]))
    ? await mysql.run(
        "reading accounts",
        "SELECT User, JSON_VALUE(Priv, '$.password_last_changed') AS made FROM mysql.global_priv",
      )
    : await mysql.run("reading accounts", "SELECT User, UNIX_TIMESTAMP(password_last_changed) AS made FROM mysql.user");
  const found = rows.map(({ User, made }) => ({ name: String(User), at: Number(made) * 1_000 + 500 }));
  return found.filter(({ name }) => isOurs(name));
}

async function compareNumbers({ findings }: Examination, seen: { rights: Rights; leases: number }): Promise<void> {
  const { rights, leases } = seen;
  const accounts = (await accountTimes(rights.mysql, rights.isOurs)).length;
  const what = `${accounts} accounts and ${leases} leases of ${rights.leases.mount}`;
  const apart = Math.abs(accounts - leases);
  const advice = "more than 500 leases are not looked at one by one: compare again when there are fewer";
  if (apart > leases / 100) findings.warning("leases", what, advice);
  else findings.ok("leases", what);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function names(all: readonly Made[]): string {
  const shown = all.slice(0, mostNames).map(({ name, at }) => `${name} (${new Date(at).toISOString().slice(0, 19)}Z)`);
  return shown.join(", ") + (all.length > mostNames ? ` and ${all.length - mostNames} more` : "");
}
