import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Mariadb, requireLeg, startMariadb, startUnsealedVault, type UnsealedVault } from "@minicluster/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asJson } from "../src/answer.ts";
import { type AppRoleOptions, appRole } from "../src/app-role.ts";
import { token } from "../src/given-token.ts";
import { Vault } from "../src/vault.ts";
import { allow, database, type Operator, operator } from "./operator.ts";

for (const version of ["1.11.0", "1.14.0"] as const) {
  const missing = (await requireLeg("mariadb")) ?? (await requireLeg(`vault-${version}`));

  describe.skipIf(missing)(`Vault ${version} with AppRole and the database engine`, () => {
    let mariadb: Mariadb;
    let unsealed: UnsealedVault;
    let admin: Operator;
    let roleId: string;
    let folder: string;
    const opened: Vault[] = [];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "minicluster-vault-"));
      mariadb = await startMariadb();
      unsealed = await startUnsealedVault({ version });
      admin = operator(unsealed, mariadb);
      const { client } = admin;
      await database(client, mariadb);
      await client.write("sys/mounts/kv1", { type: "kv", options: { version: "1" } });
      await client.write("sys/mounts/kv2", { type: "kv", options: { version: "2" } });
      await allow(client, "todo", ["database/*", "sys/leases/revoke/database/creds/todo/*", "kv1/*", "kv2/*"]);
      await client.write("sys/auth/approle", { type: "approle" });
      // Since Vault 1.13 five refused logins lock the role for everybody; a Vault without lockouts ignores it.
      await client.write("sys/auth/approle/tune", { user_lockout_config: { lockout_disable: true } });
      await client.write("auth/approle/role/todo", { token_policies: "todo", token_ttl: "4s", token_max_ttl: "20s" });
      roleId = String(asJson((await client.read("auth/approle/role/todo/role-id"))?.["data"])?.["role_id"]);
    });

    afterAll(async () => {
      await Promise.all(opened.map((vault) => vault.close()));
      await admin?.client.close();
      await unsealed?.vault.close();
      await mariadb?.close();
      await rm(folder, { recursive: true });
    });

    async function secretId(wrapMs?: number): Promise<string> {
      const path = "auth/approle/role/todo/secret-id";
      const body = await admin.client.request({ method: "POST", path, body: {}, wrapMs });
      return wrapMs ? String(asJson(body?.["wrap_info"])?.["token"]) : String(asJson(body?.["data"])?.["secret_id"]);
    }

    function login(options: Omit<AppRoleOptions, "roleId">): Vault {
      const vault = new Vault({ address: unsealed.vault.address, auth: appRole({ roleId, role: "todo", ...options }) });
      opened.push(vault);
      return vault;
    }

    test("logs in with a plain secret-id; a wrong one is refused without being shown", async () => {
      await login({ secretId: await secretId() }).ready();
      const error = await login({ secretId: "a-wrong-secret-id" })
        .ready()
        .catch((failed: unknown) => failed);
      expect(error).toMatchObject({ code: "VAULT_LOGIN_REFUSED" });
      expect(String(error)).toMatch(
        /AppRole login at auth\/approle as todo: Vault answered [45]00 \(invalid secret id\)/,
      );
      expect(String(error)).not.toContain("a-wrong-secret-id");
    });

    test("reads its file again at each login: a replaced secret-id works", async () => {
      const file = join(folder, "secret-id");
      const vault = login({ secretIdFile: file });
      await expect(vault.ready()).rejects.toMatchObject({
        code: "VAULT_LOGIN_REFUSED",
        message: expect.stringContaining("ENOENT"),
      });
      await writeFile(file, "not-yet\n");
      await vault.events.once("token.failed");
      await writeFile(file, `${await secretId()}\n`);
      await vault.events.once("token.rotated");
      await vault.ready();
    });

    test("unwraps a wrapped secret-id once, and logs in with it again and again", async () => {
      const wrapped = await secretId(60_000);
      const vault = login({ wrappedSecretId: wrapped });
      const first = vault.events.once("token.rotated");
      await vault.ready();
      await admin.client.write("auth/token/revoke-accessor", { accessor: (await first).accessor });
      const again = await vault.events.once("token.rotated");
      expect(again.previous).toBe((await first).accessor);
      const stolen = await login({ wrappedSecretId: wrapped })
        .ready()
        .catch((failed: unknown) => failed);
      expect(stolen).toMatchObject({ code: "VAULT_WRAPPING_GONE", kind: "refused" });
      expect(String(stolen)).toContain("unwrapping the secret-id");
      expect(String(stolen)).toContain("it was used before, perhaps by somebody else");
      expect(String(stolen)).not.toContain(wrapped);
    });

    test("keeps a dynamic account alive past its max TTL, and drops it at close", async () => {
      const vault = login({ secretId: await secretId() });
      const source = vault.credentials("database/creds/todo");
      source.onRotated(({ previous }) => void (previous && source.release(previous)));
      const first = await source.ready();
      expect(await admin.accounts("v-approle%")).toEqual([first.username]);
      let current = first;
      while (current === first) ({ current } = await source.events.once("lease.rotated"));
      await source.events.once("lease.revoked");
      expect(await admin.accounts("v-approle%")).toEqual([current.username]);
      await vault.close();
      expect(await admin.accounts("v-approle%")).toEqual([]);
    });

    test("follows the password of a static role through its rotations", async () => {
      const vault = login({ secretId: await secretId() });
      const source = vault.credentials("database/static-creds/fixed");
      const first = await source.ready();
      expect(first.username).toBe("fixed");
      const { current, previous } = await source.events.once("lease.rotated");
      // Neither account is ever dropped: sessions that were opened with the old password go on.
      expect([source.remainingMs(first), source.remainingMs(current)]).toEqual([Infinity, Infinity]);
      expect(previous).toBe(first);
      expect(current.password.equals(first.password)).toBe(false);
      const now = asJson((await admin.client.read("database/static-creds/fixed"))?.["data"]);
      expect(current.password.reveal()).toBe(now?.["password"]);
      await source.release(first);
      await admin.client.write("database/rotate-role/fixed", {});
      const rotated = await source.rotate({ rejected: current, reason: "1045" });
      expect(rotated.password.equals(current.password)).toBe(false);
      await source.close();
    });

    test("a static password that is refused and unchanged is asked for until it changes", async () => {
      const vault = login({ secretId: await secretId() });
      const source = vault.credentials("database/static-creds/fixed");
      const rejected = await source.ready();
      const failed = source.events.once("lease.failed");
      const rotating = source.rotate({ rejected, reason: "1045" });
      expect((await failed).error).toMatchObject({ code: "VAULT_UNCHANGED", kind: "unreachable" });
      expect((await rotating).id).not.toBe(rejected.id);
      await source.close();
    });

    test("KV 1: put, get, list, delete", async () => {
      const kv = login({ secretId: await secretId() }).kv("kv1", { version: 1 });
      expect(await kv.get("a")).toBeUndefined();
      expect(await kv.list()).toEqual([]);
      expect(await kv.put("a/b c", { x: "1" })).toBe(0);
      expect(await kv.get("a/b c")).toEqual({ data: { x: "1" }, version: 0, metadata: {} });
      expect(await kv.list("a")).toEqual(["b c"]);
      await kv.delete("a/b c");
      expect(await kv.get("a/b c")).toBeUndefined();
      await expect(kv.put("a", {}, { cas: 0 })).rejects.toMatchObject({ code: "VAULT_INVALID_OPTION" });
    });

    test("KV 2: versions, check-and-set, metadata, deleted versions", async () => {
      const kv = login({ secretId: await secretId() }).kv("kv2");
      expect(await kv.get("a")).toBeUndefined();
      expect(await kv.put("a", { x: 1 }, { cas: 0 })).toBe(1);
      expect(await kv.put("a", { x: 2 }, { cas: 1 })).toBe(2);
      await expect(kv.put("a", { x: 3 }, { cas: 1 })).rejects.toMatchObject({
        code: "VAULT_CAS_MISMATCH",
        kind: "refused",
      });
      expect(await kv.get("a")).toMatchObject({ data: { x: 2 }, version: 2 });
      expect(await kv.get("a", { version: 1 })).toMatchObject({ data: { x: 1 }, version: 1 });
      expect(await kv.metadata("a")).toMatchObject({ current_version: 2 });
      expect(await kv.list()).toEqual(["a"]);
      await kv.delete("a");
      expect(await kv.get("a")).toBeUndefined();
      expect(await kv.get("a", { version: 1 })).toMatchObject({ data: { x: 1 } });
    });

    test("read, write, list, delete and unwrap", async () => {
      const vault = login({ secretId: await secretId() });
      await vault.write("kv1/x", { a: "1" });
      expect(await vault.read("kv1/x")).toEqual({ a: "1" });
      expect(await vault.list("kv1")).toEqual(["x"]);
      await vault.delete("kv1/x");
      await expect(vault.read("kv1/x")).rejects.toMatchObject({ code: "VAULT_NOT_FOUND" });
      const wrapped = await admin.client.request({
        method: "POST",
        path: "sys/wrapping/wrap",
        body: { a: "1" },
        wrapMs: 60_000,
      });
      const wrapping = String(asJson(wrapped?.["wrap_info"])?.["token"]);
      expect(await vault.unwrap(wrapping)).toEqual({ a: "1" });
      await expect(vault.unwrap(wrapping)).rejects.toMatchObject({ code: "VAULT_WRAPPING_GONE" });
    });

    test("a token from elsewhere: its life is asked for, renewed, and it outlives close", async () => {
      const created = await admin.client.write("auth/token/create", { policies: ["todo"], ttl: "3s" });
      const given = String(asJson(created?.["auth"])?.["client_token"]);
      const vault = new Vault({ address: unsealed.vault.address, auth: token(given) });
      await vault.ready();
      expect(vault.health.tokenRemainingMs).toBeLessThanOrEqual(3_000);
      await vault.events.once("token.renewed");
      await vault.close();
      const root = new Vault({ address: unsealed.vault.address, auth: token(unsealed.rootToken) });
      await root.ready();
      expect(root.health.tokenRemainingMs).toBe(Number.POSITIVE_INFINITY);
      await root.close();
      await admin.client.request({ method: "POST", path: "auth/token/lookup", body: { token: given } });
    });

    test("a Vault without namespaces answers a request that names one with 404", async () => {
      const vault = new Vault({
        address: unsealed.vault.address,
        auth: token(unsealed.rootToken),
        namespace: "team-a",
        timeout: "2s",
      });
      opened.push(vault);
      await expect(vault.read("kv1/x")).rejects.toMatchObject({ name: "VaultError" });
    });
  });
}
