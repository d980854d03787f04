import { type Mariadb, requireLeg, startMariadb } from "@minicluster/servers";
import type { RowDataPacket } from "mysql2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failure, fixture, load, mixed, until } from "./fixture.ts";

const missing = await requireLeg("mariadb");
const long = Boolean(process.env.MINICLUSTER_LONG);

describe.skipIf(missing)(`rotation${missing ? ` (${missing})` : ""}`, () => {
  let maria: Mariadb;
  beforeAll(async () => {
    maria = await startMariadb();
  });
  afterAll(() => maria?.close());

  test("no call fails while credentials rotate every second and the old accounts are dropped", async () => {
    const ms = long ? 60_000 : 10_000;
    const { pool, accounts, close, accountsLeft } = await fixture(maria, { database: "under_load" });
    let most = 0;
    const rotating = setInterval(() => void accounts.next(), 1_000);
    const counting = setInterval(async () => {
      const rows = await maria.admin(
        "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE db = 'under_load'",
      );
      most = Math.max(most, Number(rows[0]?.n));
    }, 20);
    const tally = await load({ rate: 700, ms }, (number) => mixed(pool, number));
    clearInterval(rotating);
    clearInterval(counting);
    // A rotation may be under way; what it makes belongs to the pool too.
    await accounts.next();
    expect(tally.failures).toEqual([]);
    expect(tally.done).toBeGreaterThan(ms * 0.6);
    expect(pool.stats.generationsDrained).toBeGreaterThan(ms / 1_000 - 3);
    expect(accounts.released.length).toBeGreaterThan(ms / 1_000 - 3);
    expect(accounts.forced).toEqual([]);
    expect(most).toBeLessThanOrEqual(12);
    await close();
    expect(await accountsLeft()).toBe(0);
  });

  test("a held connection and its transaction finish on their own generation; only then the account is dropped", async () => {
    const { pool, accounts, close } = await fixture(maria, { database: "held" });
    const held = await pool.getConnection();
    const user = async (): Promise<string> =>
      ((await held.query<RowDataPacket[]>("SELECT CURRENT_USER() AS u"))[0][0] as { u: string }).u;
    const before = await user();
    await held.beginTransaction();
    await held.query("INSERT INTO t (n) VALUES (1)");
    const statement = await held.prepare("SELECT n FROM t WHERE n = ?");
    await accounts.next();
    await until(() => pool.stats.generation === 2);
    await pool.query("INSERT INTO t (n) VALUES (2)");
    await statement.execute([1]);
    expect(await user()).toBe(before);
    expect(accounts.released).toEqual([]);
    expect(pool.stats.draining).toBe(1);
    await held.commit();
    held.release();
    await until(() => accounts.released.length === 1);
    expect(`${accounts.released[0]}@%`).toBe(before);
    const [rows] = await pool.query<RowDataPacket[]>("SELECT n FROM t ORDER BY n");
    expect(rows).toEqual([{ n: 1 }, { n: 2 }]);
    await close();
  });

  test("who held a connection beyond its account's end hears so from the next statement, which was not sent", async () => {
    const { pool, accounts, close } = await fixture(maria, { database: "beyond", pool: { drainTimeout: "200ms" } });
    const held = await pool.getConnection();
    await held.query("SELECT 1");
    await accounts.next();
    await until(() => pool.stats.generationsDrained === 1);
    for (const late of [held.query("SELECT 1"), held.execute("SELECT 1")]) {
      expect(await failure(late)).toMatchObject({
        code: "POOL_DRAINED",
        sent: false,
        message: expect.stringContaining("the statement was not sent"),
      });
    }
    held.release();
    await close();
  });

  test("idle connections of the old generation are closed at the swap", async () => {
    const { pool, accounts, close } = await fixture(maria, { database: "idle" });
    await Promise.all(Array.from({ length: 8 }, () => pool.query("DO SLEEP(0.05)")));
    expect(pool.stats.idle).toBeGreaterThan(4);
    await accounts.next();
    await until(() => pool.stats.generationsDrained === 1);
    expect(pool.stats.open).toBe(1);
    await close();
  });

  test("old and new connections together stay within the limit + 2 when all of them are held", async () => {
    const { pool, accounts, close } = await fixture(maria, {
      database: "crowded",
      pool: { connectionLimit: 4, acquireTimeout: "300ms" },
    });
    const held = await Promise.all(Array.from({ length: 4 }, () => pool.getConnection()));
    await accounts.next();
    await until(() => pool.stats.generation === 2);
    const more = await Promise.all([pool.getConnection(), pool.getConnection()]);
    expect(pool.stats.open).toBe(6);
    expect(await failure(pool.query("SELECT 1"))).toMatchObject({ code: "POOL_ACQUIRE_TIMEOUT", sent: false });
    for (const connection of [...held, ...more]) connection.release();
    await until(() => pool.stats.generationsDrained === 1);
    expect(pool.stats.open).toBeLessThanOrEqual(4);
    await close();
  });

  test("a third generation waits for room, then opens", async () => {
    const { pool, accounts, close } = await fixture(maria, { database: "third", pool: { connectionLimit: 2 } });
    const first = await Promise.all([pool.getConnection(), pool.getConnection()]);
    await accounts.next();
    await until(() => pool.stats.generation === 2);
    const second = await Promise.all([pool.getConnection(), pool.getConnection()]);
    await accounts.next();
    expect(pool.stats.open).toBe(4);
    first[0]?.release();
    await until(() => pool.stats.generation === 3);
    for (const connection of [...first.slice(1), ...second]) connection.release();
    await until(() => pool.stats.generationsDrained === 2);
    await close();
  });

  test("new credentials that MySQL does not know yet wait; the old account lives until they work", async () => {
    const { pool, accounts, close, events } = await fixture(maria, { database: "lagging" });
    await pool.query("SELECT 1");
    accounts.lagMs = 400;
    await accounts.next();
    const tally = await load({ rate: 200, ms: 1_000 }, () => pool.query("SELECT 1"));
    expect(tally.failures).toEqual([]);
    await until(() => pool.stats.generation >= 2);
    expect(events).toContain("generation.failed");
    expect(accounts.forced).toEqual([]);
    await until(() => events.includes("credentials.released"));
    expect(events.indexOf("credentials.released")).toBeGreaterThan(events.lastIndexOf("generation.opened"));
    await close();
  });

  test("table grants: no call fails in a rotation, as the account is dropped after its last connection", async () => {
    const { pool, accounts, close } = await fixture(maria, {
      database: "table_grants",
      accounts: { grant: (account) => `GRANT SELECT, INSERT ON table_grants.t TO ${account}` },
    });
    const rotating = setInterval(() => void accounts.next(), 500);
    const tally = await load({ rate: 400, ms: 3_000 }, (number) => mixed(pool, number));
    clearInterval(rotating);
    expect(tally.failures).toEqual([]);
    expect(pool.stats.replays).toBe(0);
    await close();
  });
});
