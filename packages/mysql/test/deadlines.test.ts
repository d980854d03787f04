import { describe, expect, test } from "vitest";
import type { AddressSource } from "../src/index.ts";
import { failure } from "./fixture.ts";
import { made } from "./leases.ts";

/** A borrowed connection that nobody gives back, superseded. */
async function superseded(options: Parameters<typeof made>[0]): Promise<ReturnType<typeof made>> {
  const all = made(options);
  const held = all.pool.getConnection();
  await all.clock.advance(0);
  await held;
  all.leases.next(3_600_000);
  await all.clock.advance(10);
  expect(all.pool.stats).toMatchObject({ generation: 2, draining: 1 });
  return all;
}

describe("deadlines on a manual clock", () => {
  test("an old generation drains for drainTimeout where its lease lasts longer", async () => {
    const { clock, pool, leases } = await superseded({ pool: { drainTimeout: "5m" } });
    await clock.advance(299_000);
    expect(pool.stats.draining).toBe(1);
    await clock.advance(1_500);
    expect(pool.stats).toMatchObject({ draining: 0, generationsDrained: 1 });
    expect(leases.released).toEqual(["lease-1"]);
    await pool.close();
  });

  test("an old generation drains until the end of its lease where that is sooner", async () => {
    const { clock, pool, leases } = await superseded({ lifeMs: 20_000 });
    await clock.advance(19_500);
    expect(leases.released).toEqual([]);
    await clock.advance(1_000);
    expect(pool.stats.draining).toBe(0);
    expect(leases.released).toEqual(["lease-1"]);
    await pool.close();
  });

  test("an old generation whose lease was over already drains for drainTimeout", async () => {
    const { clock, pool, leases } = made({ lifeMs: 1_000, pool: { drainTimeout: "2m" } });
    const held = pool.getConnection();
    await clock.advance(0);
    await held;
    await clock.advance(5_000);
    leases.next(3_600_000);
    await clock.advance(110_000);
    expect(pool.stats.draining).toBe(1);
    await clock.advance(11_000);
    expect(pool.stats.draining).toBe(0);
    await pool.close();
  });

  test("a rotation that came just before the lease's end leaves its borrowers ten seconds", async () => {
    const { clock, pool } = await superseded({ lifeMs: 300, pool: { drainTimeout: "5m" } });
    await clock.advance(9_500);
    expect(pool.stats.draining).toBe(1);
    await clock.advance(1_000);
    expect(pool.stats.draining).toBe(0);
    await pool.close();
  });

  test("a wall clock that jumps cuts no borrower of an old generation", async () => {
    const { clock, pool, leases } = await superseded({ lifeMs: 20_000, pool: { drainTimeout: "5m" } });
    clock.jump(3_600_000);
    await clock.advance(10_000);
    clock.jump(-3_600_000);
    await clock.advance(9_500);
    expect(pool.stats.draining).toBe(1);
    await clock.advance(1_000);
    expect(pool.stats.draining).toBe(0);
    expect(leases.released).toEqual(["lease-1"]);
    await pool.close();
  });

  test("a silent statement ends at queryTimeout, and its connection is destroyed", async () => {
    const { clock, driver, pool } = made({ pool: { queryTimeout: "60s" } });
    const failed = failure(pool.query("SELECT 1"));
    await clock.advance(59_000);
    expect(driver.live).toHaveLength(1);
    await clock.advance(2_000);
    expect(await failed).toMatchObject({ code: "MYSQL_TIMEOUT", sent: true });
    expect(driver.live).toHaveLength(0);
    await pool.close();
  });

  test("a connect without a handshake ends at connectTimeout", async () => {
    const { clock, driver, pool } = made({ pool: { connectTimeout: "5s" } });
    driver.open = false;
    const failed = failure(pool.query("SELECT 1"));
    await clock.advance(4_900);
    expect(driver.live).toHaveLength(1);
    await clock.advance(500);
    expect(await failed).toMatchObject({ code: "MYSQL_UNREACHABLE", sent: false });
    await pool.close();
  });

  test("a connect that TCP does not make ends after 1.5 s, and is tried again", async () => {
    const { clock, driver, pool } = made({ pool: { connectTimeout: "5s" } });
    driver.open = false;
    driver.connecting = true;
    const failed = failure(pool.query("SELECT 1"));
    await clock.advance(1_400);
    expect(driver.live).toHaveLength(1);
    await clock.advance(400);
    expect(await failed).toMatchObject({ code: "MYSQL_UNREACHABLE", sent: false });
    await clock.advance(600);
    expect(driver.connections).toHaveLength(2);
    await pool.close();
  });

  test("it says what is not kept fresh: the credentials, or the address", async () => {
    const known = { host: "mysql", port: 3306 };
    const address: AddressSource = {
      current: known,
      state: "stale",
      ready: async () => known,
      onChange: () => () => {},
    };
    const { clock, leases, pool } = made({ pool: { address } });
    await clock.advance(10);
    expect(pool.health).toEqual({ status: "degraded", reason: "the address of MySQL is stale" });
    leases.state = "expired";
    expect(pool.health).toEqual({ status: "degraded", reason: "the credentials of MySQL are expired" });
    await pool.close();
  });

  test("an unused connection is closed after idleTimeout, but not while the credentials are stale", async () => {
    const { clock, driver, leases, pool } = made({ pool: { idleTimeout: "1m" } });
    const done = pool.query("SELECT 1");
    await clock.advance(0);
    driver.live[0]?.answer();
    await done;
    leases.state = "stale";
    await clock.advance(600_000);
    expect(driver.live).toHaveLength(1);
    expect(pool.health).toMatchObject({ status: "degraded" });
    leases.state = "fresh";
    await clock.advance(70_000);
    expect(driver.live).toHaveLength(0);
    await pool.close();
  });

  test("an unreachable MySQL is tried a few times a second however many call", async () => {
    const { clock, driver, pool } = made();
    driver.refusal = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", fatal: true });
    for (let turn = 0; turn < 100; turn += 1) {
      for (let call = 0; call < 5; call += 1) pool.query("SELECT 1").catch(() => {});
      await clock.advance(100);
    }
    expect(driver.connections.length).toBeGreaterThan(10);
    expect(driver.connections.length).toBeLessThan(60);
    driver.refusal = undefined;
    let served = false;
    void pool.query("SELECT 1").then(() => {
      served = true;
    });
    for (let turn = 0; !served && turn < 100; turn += 1) {
      await clock.advance(20);
      for (const connection of driver.live) if (connection._command) connection.answer();
    }
    expect(served).toBe(true);
    await pool.close();
  });

  test("connections reopen one, two, four at a time after an outage", async () => {
    const { clock, driver, pool } = made();
    driver.refusal = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", fatal: true });
    expect(await Promise.all([failure(pool.query("SELECT 1")), clock.advance(0)])).toBeDefined();
    driver.refusal = undefined;
    driver.open = false;
    for (let call = 0; call < 20; call += 1) pool.query("SELECT 1").catch(() => {});
    await clock.advance(500);
    const widths: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const opening = driver.live.filter((connection) => connection.listenerCount("connect") > 0);
      widths.push(opening.length);
      for (const connection of opening) connection.emit("connect");
      await clock.advance(0);
    }
    expect(widths).toEqual([1, 2, 7]);
    await Promise.all([pool.close(), clock.advance(20_000)]);
  });

  test("new credentials that stay refused are given up after 5 s, and given back", async () => {
    const { clock, driver, leases, pool } = made();
    const served = pool.query("SELECT 1");
    await clock.advance(0);
    driver.live[0]?.answer();
    await served;
    driver.refusal = Object.assign(new Error("Access denied"), {
      errno: 1045,
      code: "ER_ACCESS_DENIED_ERROR",
      fatal: true,
    });
    leases.next(3_600_000);
    await clock.advance(4_500);
    expect(leases.rotations).toBe(2);
    await clock.advance(4_500);
    driver.refusal = undefined;
    await clock.advance(6_000);
    expect(leases.rotations).toBe(3);
    expect(pool.stats).toMatchObject({ generationsOpened: 2, rotationsForced: 1 });
    expect(leases.released).toEqual(["lease-2", "lease-1"]);
    await pool.close();
  });

  test("a server that stays read-only costs one connection a second, not one a write", async () => {
    const { clock, driver, pool } = made({ pool: { connectionLimit: 1 } });
    const readOnly = Object.assign(new Error("read-only"), { errno: 1290, code: "ER_OPTION_PREVENTS_STATEMENT" });
    for (let writes = 0; writes < 100; writes += 1) {
      const refused = failure(pool.query("INSERT INTO t VALUES (1)"));
      await clock.advance(0);
      driver.live.at(-1)?.answer(readOnly);
      expect(await refused).toBe(readOnly);
      await clock.advance(50);
    }
    expect(driver.connections.length).toBeGreaterThanOrEqual(4);
    expect(driver.connections.length).toBeLessThanOrEqual(6);
    await pool.close();
  });

  test("a source that does not take its credentials back holds up the end for a second at most", async () => {
    const { clock, driver, leases, pool } = made();
    leases.release = () => new Promise(() => {});
    const served = pool.query("SELECT 1");
    await clock.advance(0);
    driver.live[0]?.answer();
    await served;
    const closing = pool.close();
    await clock.advance(10);
    await clock.advance(1_000);
    await closing;
    expect(clock.pending).toBe(0);
  });

  test("after close no timer is left", async () => {
    const { clock, driver, pool } = made();
    const served = pool.query("SELECT 1");
    await clock.advance(0);
    driver.live[0]?.answer();
    await served;
    await pool.close();
    await clock.advance(1_500);
    expect(clock.pending).toBe(0);
    expect(driver.live).toHaveLength(0);
  });

  test("a pool that could not connect is passing again without a caller, once MySQL is there", async () => {
    const { clock, driver, pool } = made();
    driver.refusal = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const refused = failure(pool.query("SELECT 1"));
    await clock.advance(0);
    expect((await refused).code).toBe("MYSQL_UNREACHABLE");
    expect(pool.health.status).toBe("critical");
    await clock.advance(60_000);
    const tries = driver.connections.length;
    expect(tries).toBeGreaterThan(100);
    expect(tries).toBeLessThan(600);
    driver.refusal = undefined;
    await clock.advance(1_000);
    expect(pool.health.status).toBe("passing");
    await clock.advance(60_000);
    expect(driver.connections.length).toBe(tries + 1);
    const closing = pool.close();
    await clock.advance(2_000);
    await closing;
    expect(clock.pending).toBe(0);
  });
});
