import { type Mariadb, requireLeg, startMariadb } from "@minicluster/servers";
import type { RowDataPacket } from "mysql2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPool } from "../src/index.ts";
import { failure, fixture, load, mixed, until } from "./fixture.ts";

const missing = await requireLeg("mariadb");

describe.skipIf(missing)(`refusals and denials${missing ? ` (${missing})` : ""}`, () => {
  let maria: Mariadb;
  beforeAll(async () => {
    maria = await startMariadb();
  });
  afterAll(() => maria?.close());

  test("an account dropped under load costs one rotation and no call", async () => {
    const { pool, accounts, close } = await fixture(maria, { database: "dropped" });
    const first = await accounts.ready();
    const dropping = new Promise((resolve) => setTimeout(resolve, 700)).then(() => accounts.drop(first.username));
    const tally = await load({ rate: 500, ms: 2_500 }, (number) => mixed(pool, number));
    await dropping;
    // Open sessions go on under database grants, so nothing may notice; a new connection is refused for certain.
    const held = await Promise.all(Array.from({ length: 10 }, () => pool.getConnection()));
    for (const connection of held) connection.release();
    expect(tally.failures).toEqual([]);
    expect(accounts.forced.length).toBeLessThanOrEqual(1);
    await close();
  });

  test("table grants revoked under load: denied statements run once more, one rotation", async () => {
    const { pool, accounts, close } = await fixture(maria, {
      database: "revoked",
      accounts: { grant: (account) => `GRANT SELECT, INSERT ON revoked.t TO ${account}` },
    });
    const first = await accounts.ready();
    const dropping = new Promise((resolve) => setTimeout(resolve, 700)).then(() => accounts.drop(first.username));
    const tally = await load({ rate: 500, ms: 2_500 }, (number) =>
      number % 2 ? pool.execute("SELECT n FROM t WHERE id = ?", [number]) : pool.query("INSERT INTO t (n) VALUES (1)"),
    );
    await dropping;
    expect(tally.failures).toEqual([]);
    expect(accounts.forced.length).toBe(1);
    expect(pool.stats.replays).toBeGreaterThan(0);
    const [rows] = await pool.query<RowDataPacket[]>("SELECT COUNT(*) AS n FROM t");
    expect(rows[0]?.n).toBe(Math.ceil(tally.done / 2));
    await close();
  });

  test("a second revoke within the hour is found out by a refused connection", async () => {
    const { pool, accounts, close } = await fixture(maria, {
      database: "twice",
      accounts: { grant: (account) => `GRANT SELECT, INSERT ON twice.t TO ${account}` },
    });
    for (let round = 1; round <= 3; round += 1) {
      await pool.query("SELECT * FROM t");
      await accounts.drop(accounts.current?.username ?? "");
      await pool.query("SELECT * FROM t");
      expect(accounts.forced.length).toBe(round);
    }
    await close();
  });

  test.each([
    ["locked", "ALTER USER ? ACCOUNT LOCK", 4151],
    ["with another password", "ALTER USER ? IDENTIFIED BY 'other'", 1045],
    ["without its grants", "REVOKE ALL PRIVILEGES, GRANT OPTION FROM ?", 1044],
  ])("an account %s: the next connect is refused and gets new credentials", async (name, sql, errno) => {
    const database = name.replaceAll(" ", "_");
    const { pool, accounts, close } = await fixture(maria, { database });
    await pool.query("SELECT 1");
    const reasons: string[] = [];
    pool.events.on("credentials.rejected", ({ reason }) => reasons.push(reason));
    await maria.admin(sql.replace("?", `'${accounts.current?.username}'@'%'`));
    await Promise.all(Array.from({ length: 20 }, () => pool.query("DO SLEEP(0.02)")));
    expect(accounts.forced).toHaveLength(1);
    expect(reasons[0]).toContain(String(errno));
    await close();
  });

  test("a table that was never granted: at most one rotation, and MySQL's own error each time", async () => {
    const { pool, accounts, close, events } = await fixture(maria, {
      database: "ungranted",
      accounts: { grant: (account) => `GRANT SELECT ON ungranted.t TO ${account}` },
    });
    await maria.admin("CREATE TABLE ungranted.secret (n INT)");
    for (let turn = 0; turn < 20; turn += 1) {
      const error = await failure(pool.query("SELECT * FROM secret"));
      expect(error).toMatchObject({ errno: 1142, code: "ER_TABLEACCESS_DENIED_ERROR" });
    }
    for (const table of ["a", "b", "c"]) {
      await maria.admin(`CREATE TABLE ungranted.${table} (n INT)`);
      expect(await failure(pool.execute(`SELECT * FROM ${table}`))).toMatchObject({ errno: 1142 });
    }
    const tally = await load({ rate: 200, ms: 500 }, () => pool.query("SELECT * FROM t"));
    expect(tally.failures).toEqual([]);
    expect(accounts.issued).toBeLessThanOrEqual(2);
    expect(events.filter((name) => name === "grant.missing").length).toBeGreaterThan(18);
    expect(pool.stats.connectionsOpened).toBeLessThan(15);
    await close();
  });

  test("a denial on a held connection reaches its borrower, and forces the rotation", async () => {
    const { pool, accounts, close } = await fixture(maria, {
      database: "held_denied",
      accounts: { grant: (account) => `GRANT SELECT, INSERT ON held_denied.t TO ${account}` },
    });
    const held = await pool.getConnection();
    await held.beginTransaction();
    await accounts.drop(accounts.current?.username ?? "");
    expect(await failure(held.query("INSERT INTO t (n) VALUES (1)"))).toMatchObject({ errno: 1142 });
    await held.rollback();
    held.release();
    await until(() => pool.stats.generation === 2);
    expect(accounts.forced).toHaveLength(1);
    expect(pool.stats.replays).toBe(0);
    await pool.query("INSERT INTO t (n) VALUES (1)");
    await close();
  });

  test("replayDenied: false gives the denial to the caller", async () => {
    const { pool, accounts, close } = await fixture(maria, {
      database: "no_replay",
      accounts: { grant: (account) => `GRANT SELECT ON no_replay.t TO ${account}` },
      pool: { replayDenied: false },
    });
    await pool.query("SELECT * FROM t");
    await accounts.drop(accounts.current?.username ?? "");
    expect(await failure(pool.query("SELECT * FROM t"))).toMatchObject({ errno: 1142 });
    await until(() => pool.stats.generation === 2);
    await pool.query("SELECT * FROM t");
    await close();
  });

  test("a routine that is denied is not called again", async () => {
    const { pool, close } = await fixture(maria, {
      database: "routine",
      accounts: { grant: (account) => `GRANT SELECT ON routine.t TO ${account}` },
    });
    await maria.admin("CREATE PROCEDURE routine.p() SELECT 1");
    expect(await failure(pool.query("CALL p()"))).toMatchObject({ errno: 1370 });
    expect(pool.stats.replays).toBe(0);
    await close();
  });

  test("no new credentials to be had: callers are told that MySQL refuses, and served once there are some", async () => {
    const { pool, accounts, close } = await fixture(maria, { database: "stuck", pool: { acquireTimeout: "400ms" } });
    await pool.query("SELECT 1");
    let back = (): void => {};
    accounts.away = new Promise((resolve) => {
      back = resolve;
    });
    await maria.admin(`ALTER USER '${accounts.current?.username}'@'%' ACCOUNT LOCK`);
    await maria.admin("SET GLOBAL wait_timeout = 28800");
    const held = await pool.getConnection();
    expect(await failure(pool.query("SELECT 1"))).toMatchObject({ code: "POOL_ACQUIRE_TIMEOUT" });
    expect(pool.health.status).toBe("degraded");
    held.destroy();
    expect(await failure(pool.query("SELECT 1"))).toMatchObject({
      code: "MYSQL_REFUSED",
      kind: "refused",
      sent: false,
    });
    expect(pool.health.status).toBe("critical");
    back();
    await until(() => pool.health.status === "passing", 3_000);
    await pool.query("SELECT 1");
    await close();
  });

  test("fixed credentials that are wrong fail at once, without their password in the error", async () => {
    const pool = createPool({
      credentials: { username: "nobody", password: "s3cret-word" },
      address: { host: maria.host, port: maria.port },
      database: "stuck",
    });
    const error = await failure(pool.query("SELECT 1"));
    expect(error).toMatchObject({ code: "MYSQL_REFUSED", sent: false });
    const { inspect } = await import("node:util");
    expect(inspect([error, pool], { depth: 20 })).not.toContain("s3cret-word");
    await pool.end();
  });

  test("a database that does not exist is a configuration error that names MySQL's number", async () => {
    await maria.admin("CREATE USER 'all'@'%' IDENTIFIED BY 'pw'");
    await maria.admin("GRANT ALL ON *.* TO 'all'@'%'");
    const pool = createPool({
      credentials: { username: "all", password: "pw" },
      address: { host: maria.host, port: maria.port },
      database: "nowhere",
    });
    expect(await failure(pool.query("SELECT 1"))).toMatchObject({ code: "MYSQL_MISCONFIGURED", errno: 1049 });
    await pool.end();
  });

  test("no secret of a source is in any view of the pool, its connections, events or errors", async () => {
    const { pool, accounts, close } = await fixture(maria, { database: "secrets" });
    const seen: unknown[] = [];
    for (const name of ["generation.opened", "generation.retired", "generation.drained"] as const) {
      pool.events.on(name, (event) => seen.push(event));
    }
    const passwords = [(await accounts.ready()).password.reveal()];
    const held = await pool.getConnection();
    passwords.push((await accounts.next()).password.reveal());
    await until(() => pool.stats.generation === 2);
    const second = await pool.getConnection();
    seen.push(pool, pool.pool, held, second, await failure(pool.query("SELECT nothing FROM nowhere")));
    const { inspect } = await import("node:util");
    const shown = seen.map((view) => inspect(view, { depth: 12, showHidden: true })).join("\n");
    for (const password of passwords) expect(shown).not.toContain(password);
    held.release();
    second.release();
    await close();
  });
});
