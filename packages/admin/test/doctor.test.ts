import { Secret, systemClock } from "@minicluster/core";
import { requireLeg, startConsul, startMariadb, unseal } from "@minicluster/servers";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type DoctorReport, doctor } from "../src/doctor/doctor.ts";
import type { Finding } from "../src/doctor/finding.ts";
import { DoctorCluster, type Leg, lines } from "./doctor-cluster.ts";

const legs: readonly Leg[] = [
  { version: "1.11.0", auth: "app-id", engine: "mysql" },
  { version: "1.14.0", auth: "approle", engine: "database" },
];
const noServers = (await requireLeg("mariadb")) ?? (await requireLeg("consul"));
const noVault = { "1.11.0": await requireLeg("vault-1.11.0"), "1.14.0": await requireLeg("vault-1.14.0") };

const revokeLine = (creds: string) => `path "sys/leases/revoke/${creds}/*" { capabilities = ["update"] }`;
const readLine = (creds: string) => `path "${creds}" { capabilities = ["read"] }`;
const secret = (length: number) => "s3cret-".padEnd(length, "x");

describe.each(legs)("doctor on Vault $version, $auth, engine $engine", (leg) => {
  const missing = noServers ?? noVault[leg.version];
  let cluster: DoctorCluster;
  let before: string[];
  const seen: Finding[] = [];

  beforeAll(async () => {
    if (!missing) cluster = await DoctorCluster.start(leg);
    before = (await cluster?.remains()) ?? [];
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());
  // Whatever a look found, it leaves nothing: no lease, no account, no token.
  afterEach(async () => {
    try {
      await nothingLeft();
    } finally {
      await cluster?.reset();
    }
  });

  const nothingLeft = async (): Promise<void> => {
    if (cluster) await expect.poll(() => cluster.remains(), { timeout: 5_000 }).toEqual(before);
  };
  const look: DoctorCluster["doctor"] = async (env, options) => {
    const report = await cluster.doctor(env, options);
    seen.push(...report.findings);
    return report;
  };
  const about = ({ findings }: DoctorReport, subject: Finding["subject"], status: Finding["status"]) =>
    findings.filter((each) => each.subject === subject && each.status === status);

  test.skipIf(missing)("finds nothing wrong with a cluster that is well", async () => {
    const heard: Finding[] = [];
    const report = await look(cluster.operatorEnv, { onFinding: (finding) => heard.push(finding) });
    expect(report.healthy, lines(report)).toBe(true);
    expect(heard).toEqual(report.findings);
    expect([...new Set(report.findings.map(({ status }) => status))]).toEqual(["ok"]);
    const subjects = new Set(report.findings.map(({ subject }) => subject));
    expect([...subjects]).toEqual([
      ...["consul", "vault", "clock", "login", "policy", "credentials", "mysql", "grants", "leases"],
    ]);
    expect(lines(report)).toContain("ok grants: the account has SELECT, INSERT, UPDATE, DELETE, CREATE");
  });

  test.skipIf(missing)("without an operator's rights it says what they would show", async () => {
    const without = await look();
    expect(without.healthy).toBe(true);
    expect(about(without, "leases", "not checked")[0]?.advice).toMatch(/set VAULT_TOKEN to an operator's token/);
    const { VAULT_TOKEN = "" } = cluster.operatorEnv;
    expect(about(await look({ VAULT_TOKEN }), "leases", "not checked")[0]?.advice).toMatch(/set MYSQL_ADMIN_URL/);
    const weak = await look({ ...cluster.operatorEnv, VAULT_TOKEN: "hvs.unknown" });
    expect(about(weak, "leases", "not checked")[0]?.advice).toMatch(/may list and read .*\/roles/);
    expect(weak.healthy).toBe(true);
  });

  test.skipIf(missing)("names the policy line that is missing, and is done without it", async () => {
    await cluster.policy(readLine(cluster.creds));
    const revoke = await look();
    expect(revoke.healthy).toBe(true);
    expect(about(revoke, "policy", "warning")).toEqual([
      expect.objectContaining({ advice: `add to a policy of the token: ${revokeLine(cluster.creds)}` }),
    ]);
    await cluster.policy(revokeLine(cluster.creds));
    const read = await look();
    expect(read.healthy).toBe(false);
    expect(about(read, "policy", "failure")[0]?.advice).toContain(readLine(cluster.creds));
    expect(about(read, "credentials", "failure")[0]?.what).toContain("403");
    expect(about(read, "mysql", "not checked")).toHaveLength(1);
  });

  test.skipIf(missing)("finds rights on single tables, on other databases and on the server", async () => {
    await cluster.mariadb.admin("CREATE TABLE IF NOT EXISTS todo.t (id INT)");
    await cluster.mariadb.admin("CREATE DATABASE IF NOT EXISTS other");
    // What Vault's account hands on it must have itself.
    await cluster.mariadb.admin("GRANT SELECT, RELOAD ON *.* TO vaultadmin@'%' WITH GRANT OPTION");
    await cluster.mariadb.admin("GRANT SELECT ON other.* TO vaultadmin@'%' WITH GRANT OPTION");
    await cluster.configure({ rotatePassword: true });
    await cluster.role("GRANT SELECT ON todo.t TO '{{name}}'@'%'");
    const table = await look();
    expect(table.healthy).toBe(false);
    expect(lines(table)).toContain("failure grants: the account has no right on the whole of todo");
    expect(lines(table)).toContain("warning grants: rights on todo.t alone are lost at once");
    await cluster.role("GRANT SELECT ON todo.* TO '{{name}}'@'%'", "GRANT SELECT ON other.* TO '{{name}}'@'%'");
    const other = await look();
    expect(other.healthy).toBe(true);
    expect(lines(other)).toContain("ok grants: the account has SELECT on the whole of todo");
    expect(lines(other)).toContain("warning grants: rights on other are lost at once");
    await cluster.role("GRANT RELOAD ON *.* TO '{{name}}'@'%'", "GRANT SELECT ON todo.* TO '{{name}}'@'%'");
    expect(lines(await look())).toContain("warning grants: the account has RELOAD on every database");
    await cluster.role("GRANT SELECT ON other.* TO '{{name}}'@'%'");
    const none = await look();
    expect(lines(none)).toMatch(/failure mysql: .* refuses the account: ER_DBACCESS_DENIED_ERROR \(error 1044\)/);
    await cluster.mariadb.admin("REVOKE SELECT, RELOAD ON *.* FROM vaultadmin@'%'");
  });

  test.skipIf(missing)("names the account that has no lease", async () => {
    const orphan = leg.engine === "mysql" ? "todo-app--0badc0" : "v-approle-todo-9XkQ0badc0ffee-17";
    await cluster.mariadb.admin("CREATE USER ?@'%'", [orphan]);
    await cluster.mariadb.admin(
      "UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.password_last_changed', 1700000000) WHERE User = ?",
      [orphan],
    );
    const { username, leaseId } = await cluster.issue();
    const report = await look(cluster.operatorEnv);
    await cluster.mariadb.admin("DROP USER ?@'%'", [orphan]);
    await cluster.operator.write(`sys/leases/revoke/${leaseId}`, {});
    const [warning, another] = about(report, "leases", "warning");
    expect(warning?.what).toContain(`1 account of ${leg.engine} without a lease: ${orphan} (2023-11-14T`);
    expect(warning?.what).not.toContain(username);
    expect(another).toBeUndefined();
  });

  test.skipIf(missing)("names the lease whose account was dropped", async () => {
    const { username, leaseId } = await cluster.issue();
    await cluster.mariadb.admin("RENAME USER ?@'%' TO 'away'@'%'", [username]);
    // Its age tells it from the pair that the look itself makes.
    await new Promise((later) => systemClock.after(6_000, () => later(undefined)));
    const report = await look(cluster.operatorEnv);
    await cluster.mariadb.admin("RENAME USER 'away'@'%' TO ?@'%'", [username]);
    await cluster.operator.write(`sys/leases/revoke/${leaseId}`, {});
    const [warning, another] = about(report, "leases", "warning");
    expect(warning?.what).toContain(`1 lease of ${leg.engine} without an account: ${leaseId} (`);
    expect(warning?.advice).toContain("vault lease revoke -force -prefix");
    expect(another).toBeUndefined();
  });

  test.skipIf(missing)("a login that Vault refuses is a failure that says how to make another", async () => {
    const wrong = leg.auth === "app-id" ? { VAULT_USER_ID: secret(36) } : { VAULT_SECRET_ID: secret(36) };
    const report = await look(wrong);
    expect(report.healthy).toBe(false);
    expect(about(report, "login", "failure")).toEqual([
      expect.objectContaining({ advice: expect.stringContaining("minicluster provision SERVICE") }),
    ]);
    expect(JSON.stringify(report)).not.toContain("s3cret");
  });

  test.skipIf(missing)("a token from elsewhere is used and not revoked; its lease is", async () => {
    const made = await cluster.operator.write("auth/token/create", { policies: ["todo"], ttl: "5m" });
    const { client_token: token, accessor } = Object(made)["auth"] as { client_token: string; accessor: string };
    const { CONSUL_HTTP_ADDR = "", MYSQL_CREDENTIALS = "", MYSQL_DATABASE = "" } = cluster.env;
    const env = { CONSUL_HTTP_ADDR, MYSQL_CREDENTIALS, MYSQL_DATABASE, VAULT_TOKEN: token };
    expect(lines(await doctor({ env }))).toContain("ok grants");
    expect(await cluster.remains()).toEqual([...before, accessor].sort());
    await cluster.policy(readLine(cluster.creds));
    const kept = about(await doctor({ env }), "leases", "warning");
    expect(kept[0]?.what).toMatch(/the lease .* made for this look, could not be revoked: .*403/);
    const root = about(await doctor({ env: { ...env, ...cluster.operatorEnv } }), "login", "warning");
    expect(root[0]?.what).toContain("has the policies root and never ends");
    await cluster.operator.write("auth/token/revoke-accessor", { accessor });
  });

  test.skipIf(missing)("an abort in the middle leaves nothing", async () => {
    for (const subject of ["login", "credentials", "grants"] as const) {
      const abort = new AbortController();
      const onFinding = (finding: Finding): void => {
        if (finding.subject === subject) abort.abort(new Error("stopped"));
      };
      await expect(look({}, { onFinding, signal: abort.signal })).rejects.toThrow("stopped");
      await nothingLeft();
    }
  });

  test.skipIf(missing)("clocks that are apart are told, by how much, and on which side", async () => {
    const clock = (ms: number) => ({ ...systemClock, now: () => systemClock.now() + ms });
    const hour = await look({}, { clock: clock(3_600_000) });
    expect(hour.healthy).toBe(false);
    const failures = about(hour, "clock", "failure").map(({ what }) => what);
    expect(failures).toEqual([
      expect.stringMatching(/^the clock of Vault at http.* is behind ours by (3599|3600) s: a new certificate/),
      expect.stringMatching(/^the clock of MySQL at .* is behind ours by (3599|3600) s/),
    ]);
    const some = await look({}, { clock: clock(-10_000) });
    expect(some.healthy).toBe(true);
    expect(about(some, "clock", "warning")[0]?.what).toMatch(/is ahead of ours by (9|10)(\.\d)? s$/);
  });

  test.skipIf(missing)("MySQL elsewhere, away, and one in which Vault makes no accounts", async () => {
    await using other = await startMariadb();
    const address = `${other.host}:${other.port}`;
    const refused = await look({}, { mysql: address });
    expect(lines(refused)).toMatch(
      /failure mysql: MySQL at .* refuses the account: ER_ACCESS_DENIED_ERROR \(error 1045\)/,
    );
    const url = `mysql://root:${encodeURIComponent(other.rootPassword.reveal())}@${address}`;
    const wrong = await look({ ...cluster.operatorEnv, MYSQL_ADMIN_URL: url });
    expect(lines(wrong)).toContain("not checked leases: MYSQL_ADMIN_URL is another MySQL than the service's");
    const nobody = await look({}, { mysql: "127.0.0.1:1" });
    expect(lines(nobody)).toContain("failure mysql: MySQL at 127.0.0.1:1 can't be reached: ECONNREFUSED");
    const unknown = await look({}, { database: "nowhere" });
    expect(lines(unknown)).toMatch(/failure mysql: .*\(error 10(44|49)\)/);
    await other.pause();
    const frozen = await look({}, { mysql: address, timeout: "1s" });
    expect(lines(frozen)).toMatch(/failure mysql: MySQL at .* can't be reached: /);
  });

  test.skipIf(missing)("with MySQL down Vault gives no credentials", async () => {
    await cluster.mariadb.kill();
    const report = await look();
    expect(report.healthy).toBe(false);
    expect(about(report, "credentials", "failure")[0]?.advice).toMatch(/look at the role todo of/);
    await cluster.mariadb.restart();
  });

  test.skipIf(missing)("settings that contradict each other are findings", async () => {
    const report = await look({ VAULT_APP_ID: "a", VAULT_ROLE_ID: "b", MYSQL_CREDENTIALS: "../sys" });
    expect(about(report, "settings", "failure").map(({ what }) => what)).toEqual([
      expect.stringContaining("log in by app-id or by AppRole, not both"),
      expect.stringContaining("MYSQL_CREDENTIALS:"),
    ]);
    await expect(look({}, { credentials: "x" })).rejects.toMatchObject({ code: "ADMIN_INVALID_OPTION" });
  });

  test.skipIf(missing)("a Consul without vault and mysql; no login and no credentials", async () => {
    await using empty = await startConsul();
    const report = await look({ CONSUL_HTTP_ADDR: empty.address });
    expect(report.healthy).toBe(false);
    expect(about(report, "consul", "failure").map(({ what }) => what)).toEqual([
      "Consul knows no service vault",
      "Consul knows no service mysql",
    ]);
    await empty.register({ name: "mysql", address: "127.0.0.1", port: 1 });
    const registered = async () => lines(await look({ CONSUL_HTTP_ADDR: empty.address }));
    await expect.poll(registered, { timeout: 20_000 }).toContain("failure consul: no instance of mysql passes");
    const bare = await doctor({ env: { CONSUL_HTTP_ADDR: empty.address } });
    expect(lines(bare)).toMatch(/^ok consul: .*\nnot checked vault: no login is set: a service that uses no Vault$/);
  });

  test.skipIf(missing)("without Consul it looks at the Vault that VAULT_ADDR names", async () => {
    const env = { CONSUL_HTTP_ADDR: "127.0.0.1:1", VAULT_ADDR: cluster.vault.vault.address };
    const report = await look(env);
    expect(report.healthy).toBe(false);
    expect(about(report, "consul", "failure")[0]?.advice).toMatch(/start the agent of this machine/);
    expect(about(report, "credentials", "ok")).toHaveLength(1);
    expect(about(report, "mysql", "not checked")).toHaveLength(1);
  });

  if (leg.auth === "approle") {
    test.skipIf(missing)("a wrapping token is looked at and left", async () => {
      const { VAULT_SECRET_ID: _plain, ...rest } = cluster.env;
      const wrapped = await cluster.provision({ wrapTtl: "1m" });
      for (const _twice of [1, 2]) {
        const report = await doctor({ env: { ...rest, ...wrapped } });
        expect(lines(report)).toContain(
          "ok login: VAULT_WRAPPED_SECRET_ID can still be used; it was made by auth/approle/",
        );
        expect(report.healthy).toBe(true);
      }
      const { VAULT_WRAPPED_SECRET_ID: token = "" } = wrapped;
      const request = { method: "POST", path: "sys/wrapping/unwrap", token: new Secret(token) } as const;
      await cluster.operator.request({ ...request, purpose: "wrapping" });
      const used = await doctor({ env: { ...rest, ...wrapped } });
      expect(about(used, "login", "failure")[0]?.what).toBe("VAULT_WRAPPED_SECRET_ID was used before or has ended");
    });
  }

  if (leg.engine === "database") {
    test.skipIf(missing)("the account of a static role has no lease, and needs no right on one", async () => {
      await cluster.mariadb.admin("CREATE USER fixed@'%' IDENTIFIED BY 'x'");
      await cluster.mariadb.admin("GRANT SELECT ON todo.* TO fixed@'%'");
      const role = { db_name: "mysql", username: "fixed", rotation_period: "24h" };
      const connection = { plugin_name: "mysql-database-plugin", allowed_roles: "todo,fixed" };
      await cluster.operator.write("database/config/mysql", connection);
      await cluster.operator.write("database/static-roles/fixed", role);
      const MYSQL_CREDENTIALS = "database/static-creds/fixed";
      await cluster.policy(readLine(MYSQL_CREDENTIALS));
      const report = await look({ ...cluster.operatorEnv, MYSQL_CREDENTIALS });
      await cluster.operator.delete("database/static-roles/fixed");
      await cluster.mariadb.admin("DROP USER fixed@'%'");
      expect(new Set(report.findings.map(({ status }) => status))).toEqual(new Set(["ok"]));
      expect(lines(report)).toContain("ok credentials: database/static-creds/fixed gives an account of a static role");
      expect(report.findings.filter(({ subject }) => subject === "leases")).toEqual([]);
    });
  }

  test.skipIf(missing)("a sealed Vault is a failure that says what to do", async () => {
    await cluster.operator.write("sys/seal", {});
    const report = await look();
    await unseal(cluster.vault);
    await expect.poll(() => cluster.vault.vault.status(), { timeout: 60_000 }).toBe("active");
    expect(report.healthy).toBe(false);
    expect(about(report, "vault", "failure").map(({ what, advice }) => [what, advice])).toEqual([
      [`${cluster.vault.vault.address} is sealed`, "unseal it: minicluster unseal"],
      ["no node is active", "mend one of the nodes above"],
    ]);
    expect(about(report, "login", "not checked")).toHaveLength(1);
  });

  test.skipIf(missing)("no finding holds a secret", () => {
    const text = JSON.stringify(seen);
    expect(seen.length).toBeGreaterThan(50);
    for (const each of cluster.secrets) expect(text).not.toContain(each);
    expect(text).not.toMatch(/IDENTIFIED BY|hvs\.[A-Za-z0-9]{20}/);
  });
});
