import { sleep, systemClock } from "@minicluster/core";
import { ManualClock } from "@minicluster/core/testing";
import { type Mariadb, requireLeg, startMariadb } from "@minicluster/servers";
import { createPool, type Pool } from "mysql2/promise";
import request from "supertest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { poolOn, type Todo, todoOn } from "./fixture.ts";

const missing = await requireLeg("mariadb");
const hello = { status: "new", content: "Hello World" };

/** The answers to all five calls at once, each with its time. */
async function everyCall({ app }: Todo): Promise<{ status: number; code: string; retryAfter: unknown; ms: number }[]> {
  const calls = [
    request(app).get("/todo"),
    request(app).get("/todo/1"),
    request(app).post("/todo").send(hello),
    request(app).put("/todo/1").send(hello),
    request(app).delete("/todo/1"),
  ];
  return await Promise.all(
    calls.map(async (call) => {
      const started = performance.now();
      const { status, body, headers } = await call;
      return { status, code: body.code, retryAfter: headers["retry-after"], ms: performance.now() - started };
    }),
  );
}

describe.skipIf(missing)(`without MySQL${missing ? ` (${missing})` : ""}`, () => {
  let maria: Mariadb;
  let pool: Pool;
  let todo: Todo;

  beforeAll(async () => {
    maria = await startMariadb();
    pool = await poolOn(maria, "outages");
    todo = todoOn(pool);
    await todo.table.ready();
  });
  afterAll(async () => {
    await maria?.close();
    await pool?.end().catch(() => {});
  });

  /** Until the service answers, at most `ms` milliseconds. */
  async function serving(ms: number): Promise<void> {
    const started = performance.now();
    while ((await request(todo.app).get("/todo")).status !== 200) {
      expect(performance.now() - started).toBeLessThan(ms);
    }
  }

  it("answers 503 with Retry-After within a second of its death, and serves within two of its return", async () => {
    await request(todo.app).post("/todo").send(hello).expect(201);
    expect((await request(todo.app).get("/health")).status).toBe(200);
    await maria.kill();
    await request(todo.app).get("/todo");
    for (const { status, code, retryAfter, ms } of await everyCall(todo)) {
      expect([status, code, retryAfter]).toEqual([503, "DATABASE_UNAVAILABLE", "2"]);
      expect(ms).toBeLessThan(1_000);
    }
    const health = await request(todo.app).get("/health");
    expect([health.status, health.body.status, health.body.parts[0].name]).toEqual([503, "critical", "database"]);
    expect(health.text).not.toContain("127.0.0.1");
    await maria.restart();
    await serving(2_000);
    expect(todo.lines.events()).toEqual(["table.ready", "database.unavailable", "database.available"]);
  });

  it("answers a read 503 and a write 504 within a second while it is frozen", async () => {
    // A connection each, so that the statement is what freezes.
    await Promise.all([1, 2, 3, 4, 5].map(() => pool.query("SELECT SLEEP(0.05)")));
    await maria.pause();
    try {
      const answers = await everyCall(todo);
      for (const { ms } of answers) expect(ms).toBeLessThan(1_000);
      expect(answers.map(({ status, retryAfter }) => [status, retryAfter])).toEqual([
        ...[503, 503].map((status) => [status, "2"]),
        ...[504, 504, 504].map((status) => [status, undefined]),
      ]);
      const started = performance.now();
      expect((await request(todo.app).get("/health")).status).toBe(503);
      expect(performance.now() - started).toBeLessThan(1_000);
    } finally {
      await maria.resume();
    }
    await serving(2_000);
  });

  it("answers reads and refuses writes while MySQL is read-only: degraded, and one line in the log", async () => {
    const setUp = await poolOn(maria, "readable");
    await todoOn(setUp).table.ready();
    // An account with SUPER may write all the same.
    await maria.admin("CREATE USER writer@'%' IDENTIFIED BY 'writer'");
    await maria.admin("GRANT SELECT, INSERT, UPDATE, DELETE ON readable.* TO writer@'%'");
    const { host, port } = maria;
    const writer = createPool({ host, port, user: "writer", password: "writer", database: "readable" });
    const { app, table, lines } = todoOn(writer);
    await table.ready();
    await maria.admin("SET GLOBAL read_only = 1");
    for (let n = 0; n < 3; n += 1) {
      await request(app).post("/todo").send(hello).expect(503);
      await request(app).get("/todo").expect(200);
    }
    const health = await request(app).get("/health").expect(429);
    expect(health.body.parts[0]).toEqual({ name: "database", status: "degraded", reason: "it takes no writes" });
    await maria.admin("SET GLOBAL read_only = 0");
    // Also where nobody writes.
    await sleep(systemClock, 300);
    await request(app).get("/health").expect(200);
    await request(app).post("/todo").send(hello).expect(201);
    expect(lines.events()).toEqual(["table.ready", "database.read_only", "database.available"]);
    await Promise.all([setUp.end(), writer.end()]);
  });

  it("believes reads again when a full disk has refused no write for 10 s", async () => {
    const clock = new ManualClock();
    let refused = true;
    const execute = async (statement: string | { sql: string }): Promise<[unknown, unknown]> => {
      if (refused && typeof statement === "string" && statement.startsWith("DELETE"))
        throw Object.assign(new Error("disk full"), { errno: 1021 });
      return [[], []];
    };
    const { store, lines } = todoOn({ execute }, clock);
    await expect(store.delete("1")).rejects.toThrow("nothing was changed");
    refused = false;
    await clock.advance(9_999);
    await store.probe();
    expect(store.state).toBe("read-only");
    await clock.advance(1);
    await store.probe();
    expect([store.state, lines.events()]).toEqual(["available", ["database.read_only", "database.available"]]);
  });

  it("makes its table again when somebody dropped it", async () => {
    await maria.admin("DROP TABLE outages.todo");
    await request(todo.app).get("/todo").expect(503);
    await todo.table.ready();
    await request(todo.app).get("/todo").expect(200, "[]");
  });

  it("makes one table when two services start at once", async () => {
    const pools = await Promise.all([poolOn(maria, "twins"), poolOn(maria, "others")]);
    const [twins] = pools;
    const services = Array.from({ length: 8 }, () => todoOn(twins));
    await Promise.all(services.map(({ table }) => table.ready()));
    expect(services.map(({ table, lines }) => [table.state, ...lines.events()])).toEqual(
      services.map(() => ["ready", "table.ready"]),
    );
    await Promise.all(pools.map((each) => each.end()));
  });

  it("starts while there is no database, says so once, and makes its table when there is one", async () => {
    const early = await poolOn(maria, "early");
    await maria.admin("DROP DATABASE early");
    const { app, table, lines } = todoOn(early);
    table.start();
    const health = await request(app).get("/health");
    expect([health.status, health.body.parts.map(({ status }: { status: string }) => status)]).toEqual([
      ...[503, ["critical", "critical"]],
    ]);
    await request(app).get("/todo").expect(503);
    await maria.admin("CREATE DATABASE early");
    await table.ready();
    await request(app).get("/todo").expect(200);
    expect(lines.events().filter((event) => event === "table.pending")).toHaveLength(1);
    await early.end();
  });

  it("uses a table that is there with an account that may not create one", async () => {
    const own = await poolOn(maria, "given");
    await todoOn(own).table.ready();
    await maria.admin("CREATE USER clerk@'%' IDENTIFIED BY 'clerk'");
    await maria.admin("GRANT SELECT, INSERT, UPDATE, DELETE ON given.* TO clerk@'%'");
    const { host, port } = maria;
    const clerk = createPool({ host, port, user: "clerk", password: "clerk", database: "given" });
    const { app, table } = todoOn(clerk);
    await table.ready();
    expect((await request(app).post("/todo").send(hello)).status).toBe(201);
    await Promise.all([own.end(), clerk.end()]);
  });

  it("says what differs in a table that was there before", async () => {
    const other = await poolOn(maria, "different");
    await maria.admin("CREATE TABLE different.todo (id BIGINT PRIMARY KEY, status VARCHAR(10), content TEXT)");
    const { app, table, lines } = todoOn(other);
    await table.ready();
    expect(table.state).toBe("different");
    expect(lines.all).toMatchObject([{ event: "table.different" }]);
    const health = await request(app).get("/health");
    expect([health.status, health.body.parts[1].reason]).toEqual([
      ...[429, expect.stringMatching(/id is not AUTO_INCREMENT; status holds 10, less than 255/)],
    ]);
    await other.end();
  });
});
