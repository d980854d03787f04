import { createServer } from "node:net";
import { type Mariadb, requireLeg, startMariadb } from "@minicluster/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Address, type AddressSource, createPool } from "../src/index.ts";
import { failure, fixture, load, mixed, until } from "./fixture.ts";
import { RotatingAccounts } from "./rotating-accounts.ts";

const missing = await requireLeg("mariadb");

/** An address that the test moves. */
class Moving implements AddressSource {
  current: Address;
  state = "fresh" as const;
  readonly #listeners = new Set<(address: Address) => void>();

  constructor(address: Address) {
    this.current = address;
  }

  ready = async (): Promise<Address> => this.current;

  onChange(listener: (address: Address) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  move(address: Address): void {
    this.current = address;
    for (const listener of this.#listeners) listener(address);
  }
}

async function timed<T>(call: Promise<T>): Promise<{ result: T; ms: number }> {
  const started = performance.now();
  return { result: await call, ms: performance.now() - started };
}

describe.skipIf(missing)(`outages${missing ? ` (${missing})` : ""}`, () => {
  let maria: Mariadb;
  beforeAll(async () => {
    maria = await startMariadb({ settings: { "max-connections": 30 } });
  });
  afterAll(() => maria?.close());

  test("MySQL killed and restarted: every call fails within a second and says so; serving within 2 s of its return", async () => {
    const { pool, events, close } = await fixture(maria, { database: "killed" });
    await Promise.all(Array.from({ length: 10 }, () => pool.query("DO SLEEP(0.02)")));
    const sleeping = failure(pool.query("DO SLEEP(5)"));
    await until(() => pool.stats.active === 1);
    await maria.kill();
    expect(await sleeping).toMatchObject({ code: "MYSQL_LOST", sent: true });
    const opened = pool.stats.connectsFailed;
    const started = performance.now();
    const tally = await load({ rate: 200, ms: 1_500 }, async (number) => {
      const { ms, result } = await timed(failure(mixed(pool, number)));
      expect(result).toMatchObject({ code: "MYSQL_UNREACHABLE", sent: false, kind: "unreachable" });
      expect(ms).toBeLessThan(1_000);
    });
    expect(tally.failures).toEqual([]);
    // A handful of tries a second, whatever the load.
    expect(pool.stats.connectsFailed - opened).toBeLessThan(((performance.now() - started) / 1_000) * 20);
    expect(pool.health.status).toBe("critical");
    await maria.restart();
    const { ms } = await timed(
      until(() =>
        pool.query("SELECT 1").then(
          () => true,
          () => false,
        ),
      ),
    );
    expect(ms).toBeLessThan(2_000);
    expect(pool.health.status).toBe("passing");
    expect(events).toEqual(expect.arrayContaining(["degraded", "restored"]));
    await close();
  });

  test("MySQL frozen: query, execute, transaction, rollback, ping and getConnection end at their deadlines", async () => {
    const { pool, close } = await fixture(maria, {
      database: "frozen",
      pool: { queryTimeout: "600ms", acquireTimeout: "400ms", connectTimeout: "500ms", connectionLimit: 5 },
    });
    const held = await pool.getConnection();
    const other = await pool.getConnection();
    await held.beginTransaction();
    await pool.query("SELECT 1");
    await maria.pause();
    try {
      const late = { code: "MYSQL_TIMEOUT", sent: true };
      const calls = [
        timed(failure(held.query("INSERT INTO t (n) VALUES (1)"))),
        timed(failure(other.ping())),
        timed(failure(pool.query("SELECT 1"))),
        timed(failure(pool.execute("SELECT 1"))),
        timed(failure(pool.getConnection())),
        timed(failure(pool.query("SELECT 2"))),
      ];
      const ended = await Promise.all(calls);
      for (const { ms } of ended) expect(ms).toBeLessThan(1_000);
      expect(ended[0]?.result).toMatchObject(late);
      expect(ended[1]?.result).toMatchObject(late);
      expect(ended[2]?.result).toMatchObject(late);
      const rollback = await timed(failure(held.rollback()));
      expect(rollback.result).toMatchObject({ code: "MYSQL_LOST", sent: false });
      expect(rollback.ms).toBeLessThan(50);
    } finally {
      await maria.resume();
    }
    held.release();
    other.release();
    await until(
      () =>
        pool.query("SELECT 1").then(
          () => true,
          () => false,
        ),
      2_000,
    );
    expect(pool.stats.active).toBe(0);
    await close();
  });

  test("a statement's own timeout ends it and destroys its connection", async () => {
    const { pool, close } = await fixture(maria, { database: "own_timeout" });
    const { result, ms } = await timed(failure(pool.query({ sql: "DO SLEEP(3)", timeout: 200 })));
    expect(result).toMatchObject({ code: "MYSQL_TIMEOUT", sent: true });
    expect(ms).toBeLessThan(700);
    await until(() => pool.stats.open === 0);
    await pool.query("SELECT 1");
    await close();
  });

  test("a result that arrives slowly, or is read slowly, is not silence", async () => {
    const { pool, close } = await fixture(maria, { database: "slow", pool: { queryTimeout: "900ms" } });
    const rows = await pool.query(
      "SELECT SLEEP(0.05) FROM (SELECT 1 UNION ALL SELECT 2) a, (SELECT 1 UNION ALL SELECT 2) b",
    );
    expect(rows[0]).toHaveLength(4);
    await maria.admin("INSERT INTO slow.t (n) SELECT seq FROM slow.seq_1_to_20000");
    let read = 0;
    for await (const _ of pool.pool.query("SELECT * FROM t").stream({ highWaterMark: 10 })) {
      read += 1;
      if (read === 100) await new Promise((resolve) => setTimeout(resolve, 1_500));
    }
    expect(read).toBe(20_000);
    await close();
  });

  test("a stream on a connection that is lost ends with an error", async () => {
    const { pool, close } = await fixture(maria, { database: "streamed" });
    const stream = pool.pool.query("SELECT SLEEP(5)").stream();
    const ended = new Promise((resolve) => stream.once("error", resolve));
    stream.resume();
    await until(() => pool.stats.active === 1);
    await maria.admin(
      "BEGIN NOT ATOMIC DECLARE i BIGINT; SELECT MAX(id) INTO i FROM information_schema.processlist WHERE db = 'streamed' AND command = 'Query'; KILL CONNECTION i; END",
    );
    expect(await ended).toBeInstanceOf(Error);
    await until(() => pool.stats.open === 0);
    await close();
  });

  test("a connection that an administrator kills fails its statement alone", async () => {
    const { pool, close } = await fixture(maria, { database: "murdered" });
    const connection = await pool.getConnection();
    const id = connection.threadId;
    const running = failure(connection.query("DO SLEEP(5)"));
    await maria.admin(`KILL CONNECTION ${id}`);
    expect(await running).toMatchObject({ code: "MYSQL_LOST", sent: true });
    expect(await failure(connection.query("SELECT 1"))).toMatchObject({ code: "MYSQL_LOST", sent: false });
    connection.release();
    await pool.query("SELECT 1");
    await close();
  });

  test("MySQL at another address: nothing fails, the old connections finish there, credentials are kept", async () => {
    await using second = await startMariadb();
    await second.admin("CREATE DATABASE moved");
    for (const server of [maria, second]) {
      await server.admin("CREATE DATABASE IF NOT EXISTS moved");
      await server.admin("CREATE TABLE IF NOT EXISTS moved.t (id BIGINT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL)");
      await server.admin("CREATE USER 'mover'@'%' IDENTIFIED BY 'pw'");
      await server.admin("GRANT ALL ON moved.* TO 'mover'@'%'");
    }
    const address = new Moving({ host: maria.host, port: maria.port });
    const pool = createPool({ credentials: { username: "mover", password: "pw" }, address, database: "moved" });
    const held = await pool.getConnection();
    const moving = new Promise((resolve) => setTimeout(resolve, 300)).then(() =>
      address.move({ host: second.host, port: second.port }),
    );
    const tally = await load({ rate: 300, ms: 1_200 }, (number) => mixed(pool, number));
    await moving;
    expect(tally.failures).toEqual([]);
    await held.query("SELECT 1");
    held.release();
    const rows = await second.admin("SELECT COUNT(*) AS n FROM moved.t");
    expect(Number(rows[0]?.n)).toBeGreaterThan(50);
    await until(() => pool.stats.generationsDrained === 1);
    expect(pool.stats.credentialsReleased).toBe(0);
    // An address where nobody listens: the one that works is kept.
    const free = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => free.once("listening", resolve));
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    address.move({ host: "127.0.0.1", port });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await pool.query("SELECT 1");
    expect(pool.health).toMatchObject({ status: "degraded" });
    address.move({ host: second.host, port: second.port });
    await until(() => pool.health.status === "passing");
    await pool.end();
  });

  test("MySQL without a free connection: a code within a second, served when there is one; callers of a live pool wait", async () => {
    const { pool, close } = await fixture(maria, { database: "full", pool: { connectionLimit: 4 } });
    await pool.query("SELECT 1");
    const others = await fixture(maria, { database: "full", pool: { connectionLimit: 40, acquireTimeout: "500ms" } });
    const taken = await Promise.allSettled(Array.from({ length: 40 }, () => others.pool.getConnection()));
    await Promise.all(Array.from({ length: 12 }, () => pool.query("DO SLEEP(0.02)")));
    const late = createPool({
      credentials: others.accounts,
      address: { host: maria.host, port: maria.port },
      database: "full",
    });
    const { result, ms } = await timed(failure(late.query("SELECT 1")));
    expect(result).toMatchObject({ code: "MYSQL_FULL", errno: 1040, sent: false });
    expect(ms).toBeLessThan(1_000);
    for (const one of taken) if (one.status === "fulfilled") one.value.destroy();
    await until(
      () =>
        late.query("SELECT 1").then(
          () => true,
          () => false,
        ),
      2_000,
    );
    await Promise.all([close(), late.end(), others.close()]);
  });

  test("an exhausted pool, a full queue and a closed pool have codes of their own", async () => {
    const { pool, close } = await fixture(maria, {
      database: "exhausted",
      pool: { connectionLimit: 1, queueLimit: 2, acquireTimeout: "200ms" },
    });
    const held = await pool.getConnection();
    const waiting = [failure(pool.query("SELECT 1")), failure(pool.getConnection())];
    expect(await failure(pool.execute("SELECT 1"))).toMatchObject({ code: "POOL_QUEUE_FULL" });
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: "POOL_ACQUIRE_TIMEOUT" });
    held.release();
    await pool.query("SELECT 1");
    await close();
    expect(await failure(pool.query("SELECT 1"))).toMatchObject({ code: "POOL_CLOSED" });
    expect(await failure(pool.getConnection())).toMatchObject({ code: "POOL_CLOSED" });
  });

  test("no credentials yet: a code of its own at the deadline, and no call fails that can wait", async () => {
    await maria.admin("CREATE DATABASE waiting");
    const accounts = new RotatingAccounts({ admin: (sql) => maria.admin(sql), database: "waiting" });
    let give = (): void => {};
    accounts.away = new Promise((resolve) => {
      give = resolve;
    });
    const pool = createPool({
      credentials: accounts,
      address: { host: maria.host, port: maria.port },
      database: "waiting",
      acquireTimeout: "400ms",
    });
    expect(pool.health).toMatchObject({ status: "critical" });
    expect(await failure(pool.query("SELECT 1"))).toMatchObject({ code: "POOL_NO_CREDENTIALS", sent: false });
    const patient = pool.query("SELECT 1");
    give();
    await patient;
    await pool.ready();
    expect(pool.freshness).toBe("fresh");
    await pool.end();
  });

  test("close waits for borrowers, any number of times, and leaves no socket and no account", async () => {
    const { pool, accountsLeft } = await fixture(maria, { database: "closing" });
    const held = await pool.getConnection();
    const slow = pool.query("DO SLEEP(0.2)");
    await until(() => pool.stats.active === 2);
    const closings = [pool.end(), pool.close(), new Promise((resolve) => pool.pool.end(resolve))];
    await slow;
    await held.query("SELECT 1");
    held.release();
    await Promise.all(closings);
    expect(pool.stats.open).toBe(0);
    expect(await accountsLeft()).toBe(0);
    const rows = await maria.admin("SELECT COUNT(*) AS n FROM information_schema.processlist WHERE db = 'closing'");
    expect(Number(rows[0]?.n)).toBe(0);
  });

  test("close cuts a connection that is never given back, after closeTimeout", async () => {
    const { pool } = await fixture(maria, { database: "leaked", pool: { closeTimeout: "200ms" } });
    const leaked = await pool.getConnection();
    const running = failure(leaked.query("DO SLEEP(5)"));
    const { ms } = await timed(pool.end());
    expect(ms).toBeLessThan(1_000);
    expect(await running).toMatchObject({ code: "POOL_CLOSED" });
    expect(pool.stats.open).toBe(0);
  });
});
