import { Secret } from "@minicluster/core";
import { VaultError } from "@minicluster/vault";
import { json } from "../vault-call.ts";
import { judgeClock } from "./clock-skew.ts";
import type { CredentialsPath } from "./doctor-settings.ts";
import type { Examination } from "./examination.ts";
import { examineGrants } from "./examine-grants.ts";
import type { Places } from "./find-places.ts";
import { MysqlSession, refusalOf } from "./mysql-session.ts";
import type { IssuedAccount, ServiceSession } from "./service-session.ts";

/** Gets credentials as the service does. Undefined where Vault gives none. */
export async function examineCredentials(
  { findings, signal }: Examination,
  session: ServiceSession,
  credentials: CredentialsPath,
): Promise<IssuedAccount | undefined> {
  const { path, mount, role } = credentials;
  signal?.throwIfAborted();
  try {
    const body = await session.issue(path);
    const { username, password } = json(body["data"]) ?? {};
    const { lease_id: lease, lease_duration: seconds } = body;
    if (typeof username !== "string" || typeof password !== "string") {
      findings.failure("credentials", `${path} gave no username and password`, "name a path of MySQL credentials");
      return undefined;
    }
    const leaseId = typeof lease === "string" && lease !== "" ? lease : undefined;
    const life = leaseId === undefined ? "of a static role" : `for ${String(seconds)} s`;
    findings.ok("credentials", `${path} gives an account ${life}`);
    return { leaseId, username, password: new Secret(password) };
  } catch (error) {
    const { code, message } = error as VaultError;
    const advice =
      code === "VAULT_DENIED"
        ? `add to a policy of the token: path "${path}" { capabilities = ["read"] }`
        : `look at the role ${role} of ${mount}, and whether Vault reaches MySQL: minicluster configure makes and tries both`;
    findings.failure("credentials", error instanceof VaultError ? message : String(error), advice);
    return undefined;
  }
}

/** What to do about MySQL's refusals (MySQL manual, "Server Error Message Reference"). */
const remedies: Readonly<Record<number, string>> = {
  1040: "MySQL has too many connections: raise max_connections, or lower the pools' connectionLimit",
  1044: "grant the account its rights on the pool's database, in the statements of the role",
  1045: "let Vault make its accounts in this MySQL: minicluster configure tries that out",
  1049: "create the database, or correct MYSQL_DATABASE",
  1130: "let accounts log in from this machine: 'name'@'%' in the statements of the role",
};

/** Opens a connection as the pool does; looks at the account's grants and at the clock. */
export async function examineMysql(
  examination: Examination,
  account: IssuedAccount,
  address: NonNullable<Places["mysql"]>,
): Promise<void> {
  const { settings, findings, clock, timeoutMs, signal } = examination;
  const { username: user, password } = account;
  const where = `MySQL at ${address.host}:${address.port}`;
  const { database } = settings;
  try {
    await using session = await MysqlSession.connect({
      ...address,
      user,
      password,
      database,
      clock,
      timeoutMs,
      signal,
    });
    findings.ok("mysql", `${where} takes the account${database === undefined ? "" : ` and opens ${database}`}`);
    const askedAt = clock.now();
    const [row] = await session.query("SELECT ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000) AS now");
    judgeClock(examination, { who: where, theirs: Number(row?.["now"]), askedAt, answeredAt: clock.now(), grain: 1 });
    const lines = await session.query("SHOW GRANTS");
    examineGrants(
      examination,
      lines.map((line) => String(Object.values(line)[0])),
    );
  } catch (error) {
    signal?.throwIfAborted();
    const { errno, code } = refusalOf(error);
    const refused = `${where} refuses the account: ${code} (error ${errno})`;
    const advice = "start MySQL, or look whether a firewall is between this machine and it";
    if (errno === undefined) findings.failure("mysql", `${where} can't be reached: ${code}`, advice);
    else findings.failure("mysql", refused, remedies[errno] ?? "look the number up in MySQL's manual");
  }
}
