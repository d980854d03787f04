import { type Mariadb, requireLeg, startMariadb, startUnsealedVault, type UnsealedVault } from "@minicluster/servers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { appId } from "../src/app-id.ts";
import { Vault } from "../src/vault.ts";
import { allow, appIdLogin, legacyMysql, type Operator, operator } from "./operator.ts";

const missing = (await requireLeg("mariadb")) ?? (await requireLeg("vault-1.11.0"));
const path = "mysql/creds/todo";

describe.skipIf(missing)("Vault 1.11.0 with app-id and the legacy mysql engine", () => {
  let mariadb: Mariadb;
  let unsealed: UnsealedVault;
  let admin: Operator;

  beforeAll(async () => {
    mariadb = await startMariadb();
    unsealed = await startUnsealedVault({ version: "1.11.0" });
    admin = operator(unsealed, mariadb);
    await legacyMysql(admin.client, mariadb);
    await appIdLogin(admin.client, { ttl: "4s", max: "9s" });
  });

  afterAll(async () => {
    await admin?.client.close();
    await unsealed?.vault.close();
    await mariadb?.close();
  });

  beforeEach(async () => {
    await admin.client.write("mysql/config/lease", { lease: "3s", lease_max: "7s" });
    await allow(admin.client, "todo", [path, `sys/leases/revoke/${path}/*`]);
  });

  function login(userId = "the-user-id"): Vault {
    return new Vault({ address: unsealed.vault.address, auth: appId({ appId: "the-app-id", userId }) });
  }

  test("a wrong user-id is refused, without an id in the error", async () => {
    await using vault = login("another-user-id");
    const error = await vault.ready().catch((failed: unknown) => failed);
    expect(error).toMatchObject({ code: "VAULT_LOGIN_REFUSED", kind: "refused", status: 400 });
    expect(String(error)).toBe(
      "VaultError: app-id login at auth/app-id: Vault answered 400 (invalid user ID or app ID)",
    );
  });

  test("token and lease are renewed, replaced before their max TTL, and the old ones revoked; close leaves nothing", async () => {
    const vault = login();
    const seen: string[] = [];
    for (const name of ["token.renewed", "token.revoked", "token.failed", "token.expired"] as const) {
      vault.events.on(name, () => seen.push(name));
    }
    vault.events.on("token.rotated", ({ reason }) => seen.push(`token.rotated ${reason}`));
    const source = vault.credentials(path);
    for (const name of ["lease.renewed", "lease.revoked", "lease.failed", "lease.expired"] as const) {
      source.events.on(name, () => seen.push(name));
    }
    source.events.on("lease.rotated", ({ reason }) => seen.push(`lease.rotated ${reason}`));
    source.onRotated(({ previous }) => void (previous && source.release(previous)));
    const first = await source.ready();
    expect(await admin.accounts("todo%")).toContain(first.username);
    const replaced = new Promise<void>((resolve) => {
      vault.events.on("token.revoked", () => resolve());
    });
    await replaced;
    expect(seen).toContain("token.rotated short");
    expect(seen).toContain("lease.rotated token");
    expect(seen).toContain("lease.rotated short");
    expect(seen.filter((name) => /failed|expired/.test(name))).toEqual([]);
    expect(await admin.accounts("todo%")).toEqual([source.current?.username]);
    await vault.close();
    expect(await admin.accounts("todo%")).toEqual([]);
    expect(await admin.leases(path)).toEqual([]);
  });

  test("an account that MySQL refuses is replaced at once", async () => {
    await using vault = login();
    const source = vault.credentials(path);
    const rejected = await source.ready();
    await mariadb.admin(`DROP USER '${rejected.username}'@'%'`);
    const current = await source.rotate({ rejected, reason: "1045" });
    expect(await admin.accounts("todo%")).toEqual([current.username]);
  });

  test("a lease that an operator revoked is replaced at its renewal", async () => {
    await using vault = login();
    const source = vault.credentials(path);
    const first = await source.ready();
    await admin.client.write(`sys/leases/revoke/${first.id}`, {});
    const { previous, current } = await source.events.once("lease.rotated");
    expect(previous).toBe(first);
    expect(await admin.accounts("todo%")).toEqual([current.username]);
  });

  test("a token that an operator revoked is replaced, and with it its leases", async () => {
    await using vault = login();
    const rotated = vault.events.once("token.rotated");
    const source = vault.credentials(path);
    const first = await source.ready();
    const { accessor } = await rotated;
    await admin.client.write("auth/token/revoke-accessor", { accessor });
    const again = await source.events.once("lease.rotated");
    expect(again.previous).toBe(first);
    expect(vault.state).toBe("fresh");
  });

  test("a policy without the revoke line: one warning that names it, no second login, and the lease runs out", async () => {
    await allow(admin.client, "todo", [path]);
    await using vault = login();
    const logins: unknown[] = [];
    vault.events.on("token.rotated", (event) => logins.push(event));
    const source = vault.credentials(path);
    const denied: unknown[] = [];
    source.events.on("lease.revoke.denied", (event) => denied.push(event));
    const rejected = await source.ready();
    const current = await source.rotate({ rejected, reason: "1045" });
    await source.release(rejected);
    await source.release({ ...current, id: "unknown" });
    expect(denied).toEqual([{ path, policy: `path "sys/leases/revoke/${path}/*" { capabilities = ["update"] }` }]);
    expect(logins).toHaveLength(1);
    expect(await admin.accounts("todo%")).toContain(rejected.username);
    await expect.poll(() => admin.accounts("todo%"), { timeout: 10_000 }).not.toContain(rejected.username);
  });

  test("an unknown role and a forbidden path say so", async () => {
    await allow(admin.client, "todo", ["mysql/creds/*"]);
    await using vault = login();
    const unknown = await vault
      .credentials("mysql/creds/none")
      .ready()
      .catch((failed: unknown) => failed);
    expect(unknown).toMatchObject({ code: "VAULT_NOT_FOUND", kind: "invalid" });
    expect(String(unknown)).toContain("mysql/creds/none");
    const missingMount = await vault
      .credentials("elsewhere/creds/todo")
      .ready()
      .catch((failed: unknown) => failed);
    expect(missingMount).toMatchObject({ code: "VAULT_DENIED" });
  });

  test("a MariaDB that is down costs no budget: three failures later new credentials come at once", async () => {
    await using vault = login();
    const source = vault.credentials(path);
    const rejected = await source.ready();
    await mariadb.kill();
    const failures: unknown[] = [];
    source.events.on("lease.failed", ({ error }) => failures.push(error));
    const rotating = source.rotate({ rejected, reason: "1045" });
    await expect.poll(() => failures.length, { timeout: 20_000 }).toBeGreaterThan(5);
    expect(failures.at(-1)).toMatchObject({ code: "VAULT_FAILED", mayHaveIssued: false });
    await mariadb.restart();
    const back = performance.now();
    await rotating;
    expect(performance.now() - back).toBeLessThan(3_000);
  });

  test("a Vault that restarts sealed is waited for, and used within about a second of its unsealing", async () => {
    await using vault = login();
    await vault.ready();
    await admin.client.write("sys/seal", {});
    const error = await vault.read(path, { timeout: "500ms" }).catch((failed: unknown) => failed);
    expect(error).toMatchObject({ code: "VAULT_SEALED", kind: "unreachable" });
    const reading = vault.read(path, { timeout: "20s" });
    await admin.client.request({ method: "PUT", path: "sys/unseal", body: { key: unsealed.keys[0]?.reveal() } });
    expect(await reading).toMatchObject({ username: expect.any(String) });
  });
});
