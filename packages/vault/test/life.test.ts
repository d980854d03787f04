import { ManualClock } from "@minicluster/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { appId } from "../src/app-id.ts";
import type { VaultCredentials } from "../src/credentials.ts";
import { VaultError } from "../src/error.ts";
import { token } from "../src/given-token.ts";
import type { Credentials } from "../src/lease.ts";
import { Vault, type VaultOptions } from "../src/vault.ts";
import { FakeVault } from "./fake-vault.ts";

let fake: FakeVault;
let clock: ManualClock;
let vault: Vault;

beforeEach(async () => {
  fake = await FakeVault.start();
  clock = new ManualClock();
  vault = make();
});

afterEach(async () => {
  await finish();
  await fake.close();
});

function make(options: Partial<VaultOptions> = {}): Vault {
  const auth = appId({ appId: "the-app-id", userId: "the-user-id" });
  return new Vault({ address: fake.address, auth, clock, random: () => 0.5, ...options });
}

/** Closes; a Vault that is away costs the close timeout, on the manual clock. */
async function finish(): Promise<void> {
  await settle(vault.close(), 250);
  expect(clock.pending).toBe(0);
}

/** Moves time in steps until the work is done, for at most 400 steps. */
async function settle<T>(work: Promise<T>, stepMs = 5): Promise<T> {
  let done = false;
  const mark = (): void => {
    done = true;
  };
  void work.then(mark, mark);
  for (let i = 0; i < 400 && !done; i += 1) await clock.advance(i < 5 ? 0 : stepMs);
  return await work;
}

/** Moves time until it holds. @returns the milliseconds that took */
async function until(holds: () => boolean, limitMs: number, stepMs = 50): Promise<number> {
  const start = clock.monotonic();
  while (!holds()) {
    if (clock.monotonic() - start > limitMs) throw new Error(`it did not come within ${limitMs} ms`);
    await clock.advance(stepMs);
    await fake.quiet();
  }
  return clock.monotonic() - start;
}

function names(source: VaultCredentials): string[] {
  const seen: string[] = [];
  const listed = ["lease.renewed", "lease.rotated", "lease.expired", "lease.revoked", "lease.failed"] as const;
  for (const name of listed) source.events.on(name, () => seen.push(name.slice(6)));
  return seen;
}

const path = "mysql/creds/todo";
const code = (error: unknown): unknown => (error as VaultError | undefined)?.code;

describe("the token", () => {
  test("is renewed at about two thirds of its life", async () => {
    await settle(vault.ready());
    const renewed = vault.events.once("token.renewed");
    const tookMs = await until(() => fake.count("POST", "auth/token/renew-self") > 0, 3_600_000, 60_000);
    expect(tookMs).toBeGreaterThan(3_600_000 * 0.55);
    expect(tookMs).toBeLessThan(3_600_000 * 0.7);
    expect(fake.seen.at(-1)?.body).toEqual({ increment: "3600s" });
    await settle(renewed);
  });

  test("near its max TTL is replaced by a login before it dies, leases are issued anew, and it is revoked when they are released", async () => {
    const source = vault.credentials(path);
    const first = await settle(source.ready());
    const old = vault.health.tokenRemainingMs;
    fake.tokenGrant = 100;
    fake.leaseTtl = 100_000;
    const events: unknown[] = [];
    vault.events.on("token.rotated", ({ reason }) => events.push(reason));
    source.events.on("lease.rotated", ({ reason }) => events.push(reason));
    await until(() => events.includes("token"), 3_600_000, 10_000);
    expect(events.filter((reason) => reason !== "due")).toEqual(["short", "token"]);
    expect(clock.monotonic()).toBeLessThan(old ?? 0);
    expect(fake.count("POST", "auth/token/revoke-self")).toBe(0);
    const revoked = vault.events.once("token.revoked");
    expect(fake.tokens.size).toBe(2);
    await settle(source.release(first));
    await settle(revoked);
    expect([...fake.tokens]).toHaveLength(1);
    expect(source.current?.id).not.toBe(first.id);
    expect(fake.leases.has(source.current?.id ?? "")).toBe(true);
  });

  test("that an operator revoked is replaced at the next call, which does not fail", async () => {
    const source = vault.credentials(path);
    const first = await settle(source.ready());
    fake.tokens.clear();
    fake.leases.clear();
    fake.on("GET secret/x", (seen) =>
      fake.tokens.has(seen.token ?? "") ? { status: 200, body: { data: { a: 1 } } } : undefined,
    );
    const rotated = source.events.once("lease.rotated");
    expect(await settle(vault.read("secret/x"))).toEqual({ a: 1 });
    expect(await settle(rotated)).toMatchObject({ reason: "token", previous: { id: first.id } });
    expect(fake.count("POST", "auth/app-id/login")).toBe(2);
  });

  test("403 for want of a policy: one login, one more try, then no login for that path, nor for others for a minute", async () => {
    fake.on("GET secret", { status: 403, body: { errors: ["permission denied"] } });
    for (const each of ["secret/a", "secret/a", "secret/b", "secret/c"]) {
      const error = await settle(vault.read(each).catch((failed: unknown) => failed));
      expect(error).toMatchObject({ code: "VAULT_DENIED", kind: "refused", path: each });
      expect(String(error)).toContain(`lack the capability "read" on path "${each}"`);
    }
    expect(fake.count("POST", "auth/app-id/login")).toBe(2);
    expect(fake.count("GET", "secret")).toBe(5);
    await clock.advance(61_000);
    await settle(vault.read("secret/a").catch(() => {}));
    expect(fake.count("POST", "auth/app-id/login")).toBe(2);
    await settle(vault.read("secret/b").catch(() => {}));
    expect(fake.count("POST", "auth/app-id/login")).toBe(3);
  });

  test("many calls that meet a dead token share one login", async () => {
    await settle(vault.ready());
    fake.tokens.clear();
    fake.on("GET secret", (seen) =>
      fake.tokens.has(seen.token ?? "") ? { status: 200, body: { data: {} } } : undefined,
    );
    await settle(Promise.all(Array.from({ length: 20 }, (_, i) => vault.read(`secret/${i}`))));
    expect(fake.count("POST", "auth/app-id/login")).toBe(2);
  });

  test("given from elsewhere is neither replaced nor revoked, and says so when it is dead", async () => {
    await vault.close();
    fake.tokens.add("hvs.given");
    vault = make({ auth: token("hvs.given") });
    await settle(vault.ready());
    expect(vault.state).toBe("fresh");
    fake.tokens.clear();
    const error = await settle(vault.read("secret/x").catch((failed: unknown) => failed));
    expect(error).toMatchObject({ code: "VAULT_LOGIN_REFUSED" });
    expect(String(error)).toContain("a token can't log in anew");
    await finish();
    expect(fake.count("POST", "auth/token/revoke-self")).toBe(0);
  });

  test("of root never expires", async () => {
    await vault.close();
    fake.on("GET auth/token/lookup-self", {
      status: 200,
      body: { data: { ttl: 0, expire_time: null, renewable: false } },
    });
    vault = make({ auth: token("root") });
    await settle(vault.ready());
    await clock.advance(3_600_000);
    expect(vault.health).toMatchObject({ state: "fresh", tokenRemainingMs: Number.POSITIVE_INFINITY });
    expect(fake.seen).toHaveLength(1);
  });

  test("a refused login fails calls at once and is tried again slowly", async () => {
    const off = fake.on("POST auth/app-id/login", { status: 400, body: { errors: ["invalid user ID or app ID"] } });
    const error = await settle(vault.ready().catch((failed: unknown) => failed));
    expect(error).toMatchObject({ code: "VAULT_LOGIN_REFUSED", kind: "refused" });
    expect(String(error)).toContain("app-id login at auth/app-id");
    expect(String(error)).not.toMatch(/the-app-id|the-user-id/);
    expect(await settle(vault.read("secret/x").catch(code))).toBe("VAULT_LOGIN_REFUSED");
    expect(await settle(vault.credentials(path).ready().catch(code))).toBe("VAULT_LOGIN_REFUSED");
    expect(vault.health.lastError).toContain("invalid user ID");
    await until(() => fake.count("POST", "auth/app-id/login") > 8, 600_000, 500);
    expect(clock.monotonic()).toBeGreaterThan(40_000);
    off();
    await until(() => vault.state === "fresh", 60_000, 500);
  });

  test("while Vault is away at the start, it logs in within about a second of its return", async () => {
    const off = fake.on("*", { status: 503, body: { errors: ["Vault is sealed"] } });
    const ready = vault.ready();
    await until(() => fake.seen.length > 20, 120_000, 100);
    expect(vault.state).toBe("expired");
    off();
    const tookMs = await until(() => vault.state === "fresh", 2_000);
    expect(tookMs).toBeLessThanOrEqual(1_100);
    await settle(ready);
  });
});

describe("credentials", () => {
  test("are renewed, and rotated when a renewal grants less than was asked", async () => {
    const source = vault.credentials(path);
    const seen = names(source);
    const first = await settle(source.ready());
    await until(() => seen.includes("renewed"), 50_000, 500);
    fake.leaseGrant = 20;
    const rotated: Credentials[] = [];
    source.onRotated(({ current, previous }) => {
      expect(previous).toBe(first);
      rotated.push(current);
    });
    await until(() => rotated.length > 0, 100_000, 500);
    expect(seen).toEqual(
      ["renewed", "renewed", "rotated"]
        .map((each, i) => (i === 0 ? "rotated" : i === 2 ? "renewed" : each))
        .concat("rotated"),
    );
    expect(source.remainingMs(first)).toBeGreaterThan(19_000);
    expect(source.remainingMs(first)).toBeLessThanOrEqual(20_000);
    await settle(source.release(first));
    expect(fake.leases.has(first.id)).toBe(false);
    expect(source.remainingMs(first)).toBe(-1);
    expect(seen.at(-1)).toBe("revoked");
  });

  test("whose lease is gone are rotated at the next renewal", async () => {
    const source = vault.credentials(path);
    const first = await settle(source.ready());
    fake.leases.clear();
    await until(() => source.current !== first, 50_000, 500);
    expect(source.state).toBe("fresh");
  });

  test("past their lease are kept, and say expired", async () => {
    const source = vault.credentials(path);
    const seen = names(source);
    const first = await settle(source.ready());
    fake.on("*", { status: 503 });
    await until(() => seen.includes("expired"), 61_000, 500);
    expect(source.current).toBe(first);
    expect(source.state).toBe("expired");
    expect(source.remainingMs(first)).toBeLessThanOrEqual(0);
    expect(await source.ready()).toBe(first);
  });

  test("end with their token when that is earlier", async () => {
    fake.tokenTtl = 30;
    const source = vault.credentials(path);
    const first = await settle(source.ready());
    expect(source.remainingMs(first)).toBeLessThanOrEqual(30_000);
  });

  test("issued under a token that was replaced meanwhile are issued anew", async () => {
    fake.tokenTtl = 864_000;
    fake.leaseTtl = 86_400;
    const source = vault.credentials(path);
    const rejected = await settle(source.ready());
    let answer: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const off = fake.on(`GET ${path}`, async () => void (await held));
    const rotating = source.rotate({ rejected, reason: "1045" });
    await until(() => fake.count("GET", path) === 2, 1_000);
    fake.on("GET secret/x", { status: 403, body: { errors: ["permission denied"] } });
    await settle(vault.read("secret/x").catch(() => {}));
    off();
    answer();
    const under = await settle(rotating);
    await until(() => source.current !== under, 1_000);
    const tokens = [...fake.tokens];
    expect(fake.leases.get(under.id)).toBe(tokens[0]);
    expect(fake.leases.get(source.current?.id ?? "")).toBe(tokens[1]);
    expect(fake.count("GET", path)).toBe(3);
  });

  test("live from when they were asked for, however long their login had to wait", async () => {
    const off = fake.on("* auth/", { status: 503, body: { errors: [] } });
    const source = vault.credentials(path);
    const expired: unknown[] = [];
    source.events.on("lease.expired", (event) => expired.push(event));
    const ready = source.ready();
    await until(() => clock.monotonic() > 300_000, 400_000, 1_000);
    off();
    const first = await settle(ready, 100);
    expect(source.remainingMs(first)).toBeGreaterThan(55_000);
    expect(source.state).toBe("fresh");
    expect(expired).toEqual([]);
  });

  test("rejected by MySQL are rotated once for all who ask, and what replaced them already is returned at once", async () => {
    const source = vault.credentials(path);
    const rejected = await settle(source.ready());
    const all = await settle(Promise.all([1, 2, 3].map(() => source.rotate({ rejected, reason: "1045" }))));
    expect(new Set(all).size).toBe(1);
    expect(all[0]).not.toBe(rejected);
    expect(await source.rotate({ rejected, reason: "1045" })).toBe(all[0]);
    expect(fake.count("GET", path)).toBe(2);
  });

  test("rejected while a backoff is under way don't wait for it", async () => {
    fake.leaseTtl = 86_400;
    fake.tokenTtl = 864_000;
    const source = vault.credentials(path);
    const rejected = await settle(source.ready());
    const off = fake.on("*", { status: 503 });
    await until(() => fake.count("POST", "sys/leases/renew") > 5, 86_400_000, 120_000);
    off();
    const before = clock.monotonic();
    await settle(source.rotate({ rejected, reason: "1045" }), 1);
    expect(clock.monotonic() - before).toBeLessThan(50);
  });

  test("that Vault refuses are asked for again when they are wanted, at most once a second, and slowly when they are not", async () => {
    const source = vault.credentials(path);
    const rejected = await settle(source.ready());
    const off = fake.on(`GET ${path}`, { status: 400, body: { errors: ["no"] } });
    const ask = (): Promise<unknown> => settle(source.rotate({ rejected, reason: "1045" }).catch(code));
    expect(await ask()).toBe("VAULT_REFUSED");
    await until(() => false, 300_000, 1_000).catch(() => {});
    const slow = fake.count("GET", path);
    expect(slow).toBeLessThan(30);
    const start = clock.monotonic();
    while (clock.monotonic() < start + 20_000) {
      expect(await ask()).toBe("VAULT_REFUSED");
      await clock.advance(90);
    }
    expect(fake.count("GET", path) - slow).toBeGreaterThan(15);
    expect(fake.count("GET", path) - slow).toBeLessThan(24);
    off();
    await clock.advance(1_000);
    expect(await ask()).toMatchObject({ username: expect.any(String) });
  });

  test("waited for while Vault is away are asked for at least every second", async () => {
    const source = vault.credentials(path);
    const rejected = await settle(source.ready());
    const off = fake.on("*", { status: 503 });
    const rotating = source.rotate({ rejected, reason: "1045" });
    await until(() => fake.count("GET", "sys/health") > 20, 120_000);
    off();
    expect(await until(() => source.current !== rejected, 2_000)).toBeLessThanOrEqual(1_100);
    await settle(rotating);
  });

  test("are issued at most three times a minute, whatever MySQL says", async () => {
    const source = vault.credentials(path);
    let rejected = await settle(source.ready());
    const start = clock.monotonic();
    const at: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const before = rejected;
      void source.rotate({ rejected, reason: "1045" }).catch(() => {});
      await until(() => source.current !== before, 61_000, 250);
      at.push(clock.monotonic() - start);
      rejected = source.current ?? rejected;
    }
    expect(at[1]).toBeLessThan(1_000);
    expect(at[2]).toBeGreaterThan(58_000);
    expect(at[4]).toBeLessThan(62_000);
    expect(source.lastError).toBeUndefined();
  });

  test("that may have been issued count, and what surely was not does not", async () => {
    const off = fake.on(`GET ${path}`, { status: 503 });
    const source = vault.credentials(path);
    await until(() => fake.count("GET", path) > 0, 1_000);
    await until(() => fake.count("GET", "sys/health") > 10, 120_000);
    off();
    const half = fake.on(`GET ${path}`, "half");
    const before = fake.count("GET", path);
    await until(() => code(source.lastError) === "VAULT_ISSUE_LIMIT", 30_000);
    expect(fake.count("GET", path) - before).toBe(3);
    half();
    await until(() => source.current !== undefined, 61_000, 500);
  });

  test("a frozen Vault costs one of them, not all", async () => {
    const source = vault.credentials(path);
    const rejected = await settle(source.ready());
    const off = fake.on("*", "hang");
    void source.rotate({ rejected, reason: "1045" }).catch(() => {});
    await until(() => clock.monotonic() > 40_000, 60_000, 250);
    expect(fake.count("GET", path)).toBe(2);
    off();
    expect(await until(() => source.current !== rejected, 3_000)).toBeLessThanOrEqual(1_600);
  });

  test("of a role that is unknown, or forbidden, fail at once and clearly", async () => {
    fake.on("GET mysql/creds/none", { status: 400, body: { errors: ["unknown role: none"] } });
    const unknown = await settle(
      vault
        .credentials("mysql/creds/none")
        .ready()
        .catch((failed: unknown) => failed),
    );
    expect(unknown).toMatchObject({ code: "VAULT_NOT_FOUND", kind: "invalid" });
    expect(String(unknown)).toContain(
      "issuing mysql/creds/none: Vault answered 400 (unknown role: [secret])".replace("[secret]", "none"),
    );
    fake.on("GET mysql/creds/other", { status: 403 });
    const denied = await settle(
      vault
        .credentials("mysql/creds/other")
        .ready()
        .catch((failed: unknown) => failed),
    );
    expect(denied).toMatchObject({ code: "VAULT_DENIED" });
  });

  test.each([
    [{ lease_id: "a/b", lease_duration: 60, renewable: true, data: { username: "u" } }],
    [{ lease_id: "", lease_duration: 60, data: { username: "u", password: "p" } }],
    [{ lease_id: "a/b", lease_duration: "60", data: { username: "u", password: "p" } }],
    [{}],
  ])("that lack something (%j) are not taken, and count", async (body) => {
    fake.on(`GET ${path}`, { status: 200, body });
    const source = vault.credentials(path);
    await until(() => code(source.lastError) === "VAULT_ISSUE_LIMIT", 10_000);
    expect(fake.count("GET", path)).toBe(3);
    expect(fake.count("PUT", "sys/leases/revoke/a/b") + fake.count("POST", "sys/leases/revoke/a/b")).toBe(
      "lease_id" in body && body.lease_id && body.lease_duration === 60 ? 3 : 0,
    );
  });
});

describe("a release", () => {
  test("that Vault's policy forbids is said once, names the line, leads to no login, and the lease runs out", async () => {
    fake.on("POST sys/leases/revoke", { status: 403 });
    const source = vault.credentials(path);
    const said: unknown[] = [];
    const warned: string[] = [];
    const listen = (warning: Error): number => warned.push(warning.message);
    process.on("warning", listen);
    source.events.on("lease.revoke.denied", (event) => said.push(event));
    for (let i = 0; i < 2; i += 1) {
      const rejected = await settle(source.ready());
      await settle(source.rotate({ rejected, reason: "1045" }));
      await settle(source.release(rejected));
    }
    await new Promise(setImmediate);
    process.off("warning", listen);
    const policy = 'path "sys/leases/revoke/mysql/creds/todo/*" { capabilities = ["update"] }';
    expect(said).toEqual([{ path, policy }]);
    expect(warned).toEqual([expect.stringContaining(policy)]);
    expect(fake.count("POST", "auth/app-id/login")).toBe(1);
    expect(fake.leases.size).toBe(3);
  });

  test("while Vault is away returns, and goes on in the background", async () => {
    const source = vault.credentials(path);
    const rejected = await settle(source.ready());
    await settle(source.rotate({ rejected, reason: "1045" }));
    const off = fake.on("POST sys/leases/revoke", { status: 503 });
    await settle(source.release(rejected));
    await until(() => fake.count("POST", "sys/leases/revoke") > 3, 60_000);
    const revoked = source.events.once("lease.revoked");
    off();
    await settle(revoked, 100);
    expect(fake.leases.has(rejected.id)).toBe(false);
  });

  test("ends with the lease", async () => {
    const source = vault.credentials(path);
    const rejected = await settle(source.ready());
    await settle(source.rotate({ rejected, reason: "1045" }));
    fake.on("POST sys/leases/revoke", { status: 503 });
    await settle(source.release(rejected));
    await until(() => clock.monotonic() > 70_000, 80_000, 500);
    const tries = fake.count("POST", "sys/leases/revoke");
    await until(() => clock.monotonic() > 140_000, 80_000, 500);
    expect(fake.count("POST", "sys/leases/revoke")).toBe(tries);
  });

  test("of what is unknown, or released before, is nothing", async () => {
    const source = vault.credentials(path);
    const first = await settle(source.ready());
    await settle(source.release({ ...first, id: "other" }));
    await settle(source.release(first));
    await settle(source.release(first));
    expect(fake.count("POST", "sys/leases/revoke")).toBe(1);
  });
});

describe("close", () => {
  test("revokes the leases and the token, and leaves no timer; any number of calls", async () => {
    const source = vault.credentials(path);
    await settle(source.ready());
    await Promise.all([vault.close(), vault.close(), source.close()]);
    expect(fake.tokens.size).toBe(0);
    expect(fake.leases.size).toBe(0);
    expect(clock.pending).toBe(0);
    expect(() => vault.credentials(path)).toThrow(expect.objectContaining({ code: "VAULT_CLOSED" }));
    await expect(vault.read("secret/x")).rejects.toMatchObject({ code: "VAULT_CLOSED" });
    await expect(vault.ready()).rejects.toMatchObject({ code: "VAULT_CLOSED" });
    await expect(source.ready()).rejects.toMatchObject({ code: "VAULT_CLOSED" });
  });

  test("revokes a replaced token whose last lease was released just before", async () => {
    const source = vault.credentials(path);
    const first = await settle(source.ready());
    fake.tokenGrant = 100;
    fake.leaseTtl = 100_000;
    const seen = names(source);
    await until(() => fake.tokens.size > 1 && seen.at(-1) === "rotated", 3_600_000, 10_000);
    const off = fake.on("POST auth/token/revoke-self", { status: 503, body: { errors: ["Vault is sealed"] } });
    await settle(source.release(first));
    await until(() => fake.count("POST", "auth/token/revoke-self") > 0, 1_000, 1);
    off();
    await settle(vault.close(), 250);
    expect(fake.tokens.size).toBe(0);
  });

  test("before any start does nothing", async () => {
    await vault.close();
    expect(fake.seen).toHaveLength(0);
    vault.start();
    await clock.advance(10);
    expect(fake.seen).toHaveLength(0);
  });

  test("during a login waits for its token and revokes it", async () => {
    let let_through: () => void = () => {};
    const gate = new Promise<undefined>((resolve) => (let_through = () => resolve(undefined)));
    fake.on("POST auth/app-id/login", () => gate);
    const ready = vault.ready().catch(code);
    await until(() => fake.count("POST", "auth/app-id/login") > 0, 1_000, 1);
    const closing = vault.close();
    let_through();
    await closing;
    expect(await ready).toBe("VAULT_CLOSED");
    expect(fake.tokens.size).toBe(0);
    expect(fake.count("POST", "auth/token/revoke-self")).toBe(1);
  });

  test("during an issue waits for its lease and revokes it", async () => {
    await settle(vault.ready());
    let let_through: () => void = () => {};
    const gate = new Promise<undefined>((resolve) => (let_through = () => resolve(undefined)));
    fake.on(`GET ${path}`, () => gate);
    const source = vault.credentials(path);
    await until(() => fake.count("GET", path) > 0, 1_000, 1);
    const closing = source.close();
    let_through();
    await closing;
    expect(fake.count("POST", "sys/leases/revoke")).toBe(1);
    expect(fake.leases.size).toBe(0);
  });

  test("of a Vault that is away ends within the close timeout", async () => {
    const source = vault.credentials(path);
    await settle(source.ready());
    fake.on("*", "hang");
    const before = clock.monotonic();
    await settle(vault.close(), 50);
    expect(clock.monotonic() - before).toBeLessThanOrEqual(5_100);
    expect(clock.pending).toBe(0);
  });

  test("ends what waits", async () => {
    fake.on("*", { status: 503 });
    const waiting = [
      vault.ready().catch(code),
      vault.credentials(path).ready().catch(code),
      vault.read("secret/x").catch(code),
    ];
    await clock.advance(100);
    await settle(vault.close(), 50);
    const codes = await Promise.all(waiting);
    expect(codes[0]).toBe("VAULT_CLOSED");
    expect(codes[1]).toBe("VAULT_CLOSED");
  });
});

test("a VaultError is what every failure of a call is", async () => {
  fake.on("*", { status: 503 });
  const error = await settle(
    vault.read("secret/x").catch((failed: unknown) => failed),
    100,
  );
  expect(error).toBeInstanceOf(VaultError);
});
