import { Secret } from "@minicluster/core";
import { type Mariadb, requireLeg, startMariadb, startUnsealedVault, type UnsealedVault } from "@minicluster/servers";
import { VaultClient } from "@minicluster/vault";
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configureCluster } from "../src/configure-cluster.ts";
import type { ConfigureClusterOptions } from "../src/configure-options.ts";
import type { MysqlAdmin } from "../src/mysql-admin.ts";
import { provisionService } from "../src/provision-service.ts";
import type { Step } from "../src/step.ts";

const legs = [
  { version: "1.11.0", auth: "app-id", engine: "mysql" },
  { version: "1.11.0", auth: "approle", engine: "database" },
  { version: "1.14.0", auth: "approle", engine: "database" },
] as const;

const noMariadb = await requireLeg("mariadb");
const noVault = { "1.11.0": await requireLeg("vault-1.11.0"), "1.14.0": await requireLeg("vault-1.14.0") };

for (const { version, auth, engine } of legs) {
  describe.skipIf(noMariadb ?? noVault[version])(`Vault ${version}, ${auth}, engine ${engine}`, () => {
    let mariadb: Mariadb;
    let vault: UnsealedVault;
    let operator: VaultClient;
    let mysql: MysqlAdmin;
    const creds = `${engine}/creds/todo`;

    beforeAll(async () => {
      [mariadb, vault] = await Promise.all([startMariadb(), startUnsealedVault({ version })]);
      operator = new VaultClient({ address: vault.vault.address, token: vault.rootToken });
      const { host, port, rootUser: adminUser, rootPassword: adminPassword } = mariadb;
      mysql = { host, port, adminUser, adminPassword };
    });
    afterAll(async () => {
      await operator?.close();
      await Promise.all([mariadb?.close(), vault?.vault.close()]);
    });

    const configure = (more: Partial<ConfigureClusterOptions> = {}) =>
      configureCluster({ vault: operator, mysql, auth, engine, ...more });
    const changes = (steps: readonly Step[]): string[] =>
      steps.filter(({ done }) => done !== "unchanged").map(({ step, done }) => `${step} ${done}`);

    /** A service's client, logged in as an instance would. */
    async function logIn(env: Readonly<Record<string, Secret>>): Promise<VaultClient> {
      const body =
        auth === "app-id"
          ? { app_id: env["VAULT_APP_ID"]?.reveal(), user_id: env["VAULT_USER_ID"]?.reveal() }
          : { role_id: env["VAULT_ROLE_ID"]?.reveal(), secret_id: env["VAULT_SECRET_ID"]?.reveal() };
      const answer = await operator.request({ method: "POST", path: `auth/${auth}/login`, body, token: null });
      const { client_token } = (answer?.["auth"] ?? {}) as { client_token?: string };
      return new VaultClient({ address: vault.vault.address, token: client_token });
    }

    async function issue(
      client: VaultClient,
      path: string = creds,
    ): Promise<{ lease: string; user: string; password: string }> {
      const answer = await client.read(path);
      const { username, password } = (answer?.["data"] ?? {}) as { username: string; password: string };
      return { lease: String(answer?.["lease_id"]), user: username, password };
    }

    async function accounts(): Promise<string[]> {
      return (await mariadb.admin("SELECT User FROM mysql.user ORDER BY User")).map(({ User }) => String(User));
    }

    async function as(account: { user: string; password: string }, statement: string): Promise<number> {
      const { host, port } = mariadb;
      const { user, password } = account;
      const connection = await createConnection({ host, port, user, password });
      try {
        await connection.query(statement);
        return 0;
      } catch (error) {
        return (error as { errno: number }).errno;
      } finally {
        connection.destroy();
      }
    }

    test("a service that was not configured can't be provisioned", async () => {
      const failure = provisionService({ vault: operator, service: "todo", auth });
      await expect(failure).rejects.toMatchObject({ code: "ADMIN_NOT_CONFIGURED", kind: "invalid" });
    });

    test("the first run makes everything, the second one changes nothing", async () => {
      const heard: Step[] = [];
      const first = await configure({ onStep: (step) => heard.push(step) });
      expect(heard).toEqual(first.steps);
      expect(first).toMatchObject({ credentials: creds, database: "todo", policy: "todo" });
      expect(first.steps).toContainEqual({ step: "account vaultadmin", done: "created" });
      expect(first.steps).toContainEqual({ step: "policy todo", done: "created" });
      const second = await configure();
      expect(changes(second.steps)).toEqual([]);
      expect(await accounts()).toEqual(["mariadb.sys", "root", "vaultadmin"]);
    });

    test("credentials work in their database only, and end with their lease", async () => {
      const { env } = await provisionService({ vault: operator, service: "todo", auth });
      await using client = await logIn(env);
      const account = await issue(client);
      expect(await as(account, "CREATE TABLE todo.t (id INT PRIMARY KEY)")).toBe(0);
      expect(await as(account, "INSERT INTO todo.t VALUES (1)")).toBe(0);
      expect(await as(account, "CREATE DATABASE other")).toBe(1044);
      expect(await as(account, "SELECT * FROM mysql.user")).toBe(1142);
      expect(await as(account, "DROP TABLE todo.t")).toBe(1142);
      expect(await as(account, "CREATE USER x@'%'")).toBe(1227);
      await client.request({ method: "POST", path: `sys/leases/revoke/${account.lease}`, body: {} });
      expect(await accounts()).not.toContain(account.user);
    });

    test("the service's policy suffices: issue, renew, revoke, and its own token", async () => {
      const { env } = await provisionService({ vault: operator, service: "todo", auth });
      await using client = await logIn(env);
      const { lease } = await issue(client);
      await client.write("sys/leases/renew", { lease_id: lease });
      await client.write("auth/token/renew-self", {});
      await client.request({ method: "POST", path: `sys/leases/revoke/${lease}`, body: {} });
      await client.write("auth/token/revoke-self", {});
    });

    test("the service's policy denies everything else", async () => {
      const { env } = await provisionService({ vault: operator, service: "todo", auth });
      await using client = await logIn(env);
      const connection = engine === "mysql" ? "mysql/config/connection" : "database/config/mysql";
      const reads = [
        "minicluster/services/todo",
        connection,
        `${engine}/roles/todo`,
        `${engine}/creds/other`,
        "sys/mounts",
      ];
      for (const path of reads) await expect(client.read(path), path).rejects.toMatchObject({ code: "VAULT_DENIED" });
      const writes = [
        `sys/leases/revoke/${engine}/creds/other/x`,
        `sys/leases/revoke-prefix/${creds}`,
        "sys/policies/acl/todo",
      ];
      for (const path of writes) {
        await expect(client.write(path, {}), path).rejects.toMatchObject({ code: "VAULT_DENIED" });
      }
    });

    test("a run with other settings updates just those", async () => {
      const { steps } = await configure({ leaseTtl: "5s", maxTtl: "20s" });
      const what = engine === "mysql" ? "lease mysql updated" : "role database/todo updated";
      expect(changes(steps)).toEqual([what]);
      const narrow = await configure({ leaseTtl: "5s", maxTtl: "20s", privileges: ["SELECT", "INSERT", "CREATE"] });
      expect(changes(narrow.steps)).toEqual(["grants of vaultadmin on todo updated", `role ${engine}/todo updated`]);
      expect(changes((await configure()).steps)).toHaveLength(engine === "mysql" ? 3 : 2);
    });

    test("a second service gets its own database, role and policy, and the first one keeps working", async () => {
      const { steps, credentials } = await configure({ service: "my-app" });
      expect(credentials).toBe(`${engine}/creds/my-app`);
      expect(changes(steps)).toContain("database my_app created");
      expect(steps).toContainEqual({ step: "account vaultadmin", done: "unchanged" });
      const { env } = await provisionService({ vault: operator, service: "my-app", auth });
      await using client = await logIn(env);
      const account = await issue(client, credentials);
      expect(await as(account, "CREATE TABLE my_app.t (id INT)")).toBe(0);
      expect(await as(account, "CREATE TABLE todo.u (id INT)")).toBe(1142);
      await expect(client.read(creds)).rejects.toMatchObject({ code: "VAULT_DENIED" });
      await issue(operator);
      expect(changes((await configure()).steps)).toEqual([]);
    });

    test("an account that was dropped behind Vault's back is made again", async () => {
      await mariadb.admin("DROP USER vaultadmin@'%'");
      const { steps } = await configure();
      expect(steps).toContainEqual({ step: "account vaultadmin", done: "created" });
      await issue(operator);
    });

    test("a password is replaced on demand, or when it no longer works", async () => {
      const hash = async (): Promise<unknown> =>
        (await mariadb.admin("SELECT authentication_string AS hash FROM mysql.user WHERE User = 'vaultadmin'"))[0]?.[
          "hash"
        ];
      const before = await hash();
      await configure();
      expect(await hash()).toBe(before);
      await configure({ rotatePassword: true });
      const after = await hash();
      expect(after).not.toBe(before);
      await issue(operator);
      await mariadb.admin("ALTER USER vaultadmin@'%' IDENTIFIED BY 'somebody else was here'");
      // Vault keeps its connections; only new ones need the password.
      await mariadb.restart();
      const { steps } = await configure();
      expect(steps).toContainEqual({ step: "account vaultadmin", done: "updated" });
      await issue(operator);
    });

    test("what Vault's account holds is the least: without any of it creating or dropping fails", async () => {
      const least = ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "INDEX"];
      for (const privilege of least) {
        await mariadb.admin(`REVOKE ${privilege} ON todo.* FROM vaultadmin@'%'`);
        await expect(issue(operator), privilege).rejects.toMatchObject({ code: "VAULT_FAILED" });
        await mariadb.admin(`GRANT ${privilege} ON todo.* TO vaultadmin@'%'`);
      }
      await mariadb.admin("REVOKE GRANT OPTION ON todo.* FROM vaultadmin@'%'");
      await expect(issue(operator)).rejects.toMatchObject({ code: "VAULT_FAILED" });
      await mariadb.admin("GRANT USAGE ON todo.* TO vaultadmin@'%' WITH GRANT OPTION");
      const { lease, user } = await issue(operator);
      await mariadb.admin("REVOKE CREATE USER ON *.* FROM vaultadmin@'%'");
      await mariadb.admin("KILL USER vaultadmin@'%'");
      await expect(issue(operator)).rejects.toMatchObject({ code: "VAULT_FAILED" });
      await operator
        .request({ method: "POST", path: `sys/leases/revoke/${lease}`, body: {}, query: { sync: "true" } })
        .catch(() => {});
      expect(await accounts()).toContain(user);
      expect(changes((await configure()).steps)).toContain("grants of vaultadmin on todo updated");
      await operator.request({ method: "POST", path: `sys/leases/revoke-force/${creds}`, body: {} });
    });

    test("another engine does not take over the account of this one", async () => {
      const other = "database";
      const failure = configure({ engine: other, mount: "second", service: "third" });
      await expect(failure).rejects.toMatchObject({
        code: "ADMIN_INVALID_OPTION",
        message: expect.stringMatching(/^mysql\.account: vaultadmin is the account of the secrets engine/),
      });
      await configure({
        engine: other,
        mount: "second",
        service: "third",
        mysql: { ...mysql, account: "vaultadmin2" },
      });
      await issue(operator, "second/creds/third");
      await issue(operator);
    });

    if (auth === "app-id") {
      test("an app-id of the operator's own is mapped and remembered, and needs a user-id of the same app", async () => {
        const appId = new Secret("0f3c9d1e-own-app-id");
        expect(changes((await configure({ appId })).steps)).toEqual(["app-id of todo created"]);
        const userId = new Secret("user-id-of-machine-7");
        const first = await provisionService({ vault: operator, service: "todo", auth, userId });
        expect(first.done).toBe("created");
        expect(first.env["VAULT_APP_ID"]?.equals(appId)).toBe(true);
        const again = await provisionService({ vault: operator, service: "todo", auth, userId });
        expect(again.done).toBe("unchanged");
        const bound = await provisionService({ vault: operator, service: "todo", auth, userId, cidr: "10.9.0.0/16" });
        expect(bound.done).toBe("updated");
        await expect(logIn(bound.env)).rejects.toMatchObject({ code: "VAULT_REFUSED" });
      });

      test("a user-id derived from a machine is the same one each time", async () => {
        const machine = { mac: "AA-BB-CC-DD-EE-FF", salt: "pepper and salt" };
        const first = await provisionService({ vault: operator, service: "todo", auth, machine });
        const again = await provisionService({
          vault: operator,
          service: "todo",
          auth,
          machine: { ...machine, mac: "aabb.ccdd.eeff" },
        });
        expect([first.done, again.done]).toEqual(["created", "unchanged"]);
        await (await logIn(first.env)).close();
      });
    } else {
      test("a secret-id can be handed over wrapped; it opens once", async () => {
        const { env, secretIdAccessor } = await provisionService({
          vault: operator,
          service: "todo",
          auth,
          wrapTtl: "60s",
          instance: "todo0",
        });
        expect(Object.keys(env).sort()).toEqual(["VAULT_ROLE_ID", "VAULT_WRAPPED_SECRET_ID"]);
        expect(secretIdAccessor).toMatch(/^[\w-]{10,}$/);
        const open = () =>
          operator.request({
            method: "POST",
            path: "sys/wrapping/unwrap",
            token: env["VAULT_WRAPPED_SECRET_ID"] ?? null,
          });
        const data = (await open())?.["data"] as { secret_id: string };
        await (await logIn({ ...env, VAULT_SECRET_ID: new Secret(data.secret_id) })).close();
        await expect(open()).rejects.toMatchObject({ code: "VAULT_REFUSED" });
      });

      test("a secret-id bound to other addresses doesn't log in", async () => {
        const { env } = await provisionService({ vault: operator, service: "todo", auth, cidr: "10.9.0.0/16" });
        await expect(logIn(env)).rejects.toMatchObject({ kind: "refused" });
      });
    }

    if (version === "1.14.0") {
      test.each(["app-id", "approle"] as const)(
        "what this Vault no longer has is one clear error (%s)",
        async (method) => {
          const failure = configure({ auth: method, engine: "mysql" });
          await expect(failure).rejects.toMatchObject({
            kind: "invalid",
            message: "this Vault has no secrets engine mysql any more; use its successor, database",
          });
        },
      );
      test("app-id likewise", async () => {
        const failure = configure({ auth: "app-id", engine: "database" });
        await expect(failure).rejects.toThrow(
          "this Vault has no auth method app-id any more; use its successor, approle",
        );
      });
    }

    test("a token that may not configure is an error that says what to use", async () => {
      const { env } = await provisionService({ vault: operator, service: "todo", auth });
      await using client = await logIn(env);
      const error = await configure({ vault: client }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "ADMIN_VAULT_FAILED", kind: "refused" });
      expect((error as Error).message).toMatch(/listing secrets engines.*403.*use a token that may do this/);
    });

    test("a wrong password of MySQL's administrator is an error without it", async () => {
      const adminPassword = new Secret("not-the-password");
      const error = await configure({ mysql: { ...mysql, adminPassword } }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "ADMIN_MYSQL_REFUSED", kind: "refused" });
      expect(String((error as Error).stack)).not.toContain("not-the-password");
    });

    test("a Vault that can't be reached ends the wait with what was wrong", async () => {
      await using nobody = new VaultClient({ address: "http://127.0.0.1:1", token: "t" });
      const failure = configure({ vault: nobody, wait: "300ms" });
      await expect(failure).rejects.toMatchObject({
        kind: "unreachable",
        message: expect.stringContaining("127.0.0.1:1"),
      });
    });

    test("neither server's log holds a password that was made here", async () => {
      const { env } = await provisionService({ vault: operator, service: "todo", auth });
      const secrets = [vault.rootToken, mariadb.rootPassword, ...Object.values(env)];
      for (const secret of secrets) {
        expect(vault.vault.log).not.toContain(secret.reveal());
        expect(mariadb.log).not.toContain(secret.reveal());
      }
    });
  });
}
