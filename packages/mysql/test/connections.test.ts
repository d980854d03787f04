import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { type Mariadb, requireLeg, startMariadb } from "@minicluster/servers";
import type { RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPool, type RotatingPool, type TlsIdentity, type TlsSource } from "../src/index.ts";
import { failure, fixture } from "./fixture.ts";

const missing = await requireLeg("mariadb");
const openssl = spawnSync("openssl", ["version"]).status === 0;

/** A key and a certificate that signs itself. */
function identity(folder: string, name: string): { key: string; cert: string } {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
  const args = ["req", "-x509", ...kind, "-subj", `/CN=${name}`, "-keyout", key, "-out", cert];
  execFileSync("openssl", args, { stdio: "ignore" });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}

/** The one value that a statement answers. */
async function value(pool: Pick<RotatingPool, "query">, sql: string): Promise<unknown> {
  const [[row]] = await pool.query<RowDataPacket[]>({ sql, rowsAsArray: true });
  return row?.[0];
}

describe.skipIf(missing)(`connections${missing ? ` (${missing})` : ""}`, () => {
  let folder: string;
  let maria: Mariadb;
  const ids: Record<string, { key: string; cert: string }> = {};

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "minicluster-mysql-"));
    maria = await startMariadb({ settings: openssl ? serverIdentity() : {} });
  });

  /** MariaDB's own, and the two that it takes from clients. */
  const serverIdentity = (): Record<string, string> => {
    for (const name of ["server", "one", "two"]) ids[name] = identity(folder, name);
    const trusted = join(folder, "trusted.pem");
    writeFileSync(trusted, `${ids["one"]?.cert}${ids["two"]?.cert}`);
    return { "ssl-cert": join(folder, "server.pem"), "ssl-key": join(folder, "server.key"), "ssl-ca": trusted };
  };

  afterAll(async () => {
    await maria?.close();
    rmSync(folder, { recursive: true });
  });

  test.skipIf(!openssl)("another TLS identity opens the next generation with it, and no query fails", async () => {
    await maria.admin("CREATE DATABASE tls");
    await maria.admin("CREATE USER tls IDENTIFIED BY 'tls' REQUIRE X509");
    await maria.admin("GRANT ALL ON tls.* TO tls");
    const source = new Renewed((name) => ({
      id: name,
      ssl: { ...ids[name], ca: ids["server"]?.cert ?? "", rejectUnauthorized: true },
    }));
    await using pool = createPool({
      credentials: { username: "tls", password: "tls" },
      address: { host: maria.host, port: maria.port },
      database: "tls",
      tls: source,
    });
    const cipher = "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_cipher'";
    expect(await value(pool, cipher)).toMatch(/^TLS_|-/);
    const held = await pool.getConnection();
    const opened = pool.events.once("generation.opened");
    const queries = Array.from({ length: 20 }, () => pool.query("DO SLEEP(0.01)"));
    source.renew("two");
    expect(await opened).toMatchObject({ generation: 2, previous: 1 });
    // From now on MySQL takes the second identity only.
    await maria.admin("ALTER USER tls REQUIRE SUBJECT '/CN=two'");
    await Promise.all([...queries, ...Array.from({ length: 20 }, () => pool.query("DO SLEEP(0.01)"))]);
    await held.query("DO 0");
    held.release();
    expect(pool.stats).toMatchObject({ connectsRefused: 0, credentialsReleased: 0 });
    // The same id again is the same identity.
    source.renew("two");
    await pool.query("DO 0");
    expect(pool.stats.generation).toBe(2);
  });

  test("resetOnRelease: the next borrower finds a clean session on the same connection", async () => {
    const { pool, close } = await fixture(maria, {
      database: "reset",
      pool: { resetOnRelease: true, connectionLimit: 1 },
    });
    const first = await pool.getConnection();
    await first.query("SET @left = 'behind', SESSION sql_mode = ''");
    await first.query("CREATE TEMPORARY TABLE t2 (n INT)");
    const id = first.threadId;
    first.release();
    const [left, again] = await Promise.all([value(pool, "SELECT @left"), value(pool, "SELECT CONNECTION_ID()")]);
    expect([left, again]).toEqual([null, id]);
    expect(await failure(pool.query("SELECT * FROM t2"))).toMatchObject({ errno: 1146 });
    // The last one is being reset still.
    const closing = performance.now();
    await close();
    expect(performance.now() - closing).toBeLessThan(2_000);
  });

  test("resetOnRelease off: the session is as the last borrower left it", async () => {
    const { pool, close } = await fixture(maria, { database: "unreset", pool: { connectionLimit: 1 } });
    await pool.query("SET @left = 'behind'");
    expect(await value(pool, "SELECT @left")).toBe("behind");
    await close();
  });

  test("a connection given back twice is not taken from whoever has it next", async () => {
    const { pool, close } = await fixture(maria, { database: "twice", pool: { connectionLimit: 1 } });
    let connection = await pool.getConnection();
    const [statement, held] = [pool.query("DO SLEEP(0.05)"), pool.getConnection()];
    for (let time = 0; time < 3; time += 1) connection.release();
    expect(pool.stats).toMatchObject({ active: 1, queued: 1 });
    await statement;
    expect(pool.stats).toMatchObject({ active: 1, queued: 0 });
    connection = await held;
    const next = pool.getConnection();
    for (let time = 0; time < 3; time += 1) connection.release();
    connection = await next;
    expect(pool.stats).toMatchObject({ active: 1, idle: 0 });
    connection.release();
    await close();
  });

  test("after changeUser a connection is closed when it comes back, so that nobody else works as that user", async () => {
    await maria.admin("CREATE USER other IDENTIFIED BY 'other'");
    const { pool, close } = await fixture(maria, { database: "changed", pool: { connectionLimit: 1 } });
    await maria.admin("GRANT ALL ON changed.* TO other");
    const before = await value(pool, "SELECT CURRENT_USER()");
    const connection = await pool.getConnection();
    const id = connection.threadId;
    await connection.changeUser({ user: "other", password: "other" });
    expect(await value(connection, "SELECT CURRENT_USER()")).toBe("other@%");
    connection.release();
    expect(await value(pool, "SELECT CURRENT_USER()")).toBe(before);
    expect(await value(pool, "SELECT CONNECTION_ID()")).not.toBe(id);
    await close();
  });

  test("all connections are of one shape to V8: mysql2's steps are slow on many", async () => {
    setFlagsFromString("--allow-natives-syntax");
    const sameMap = new Function("a", "b", "return %HaveSameMap(a, b)");
    setFlagsFromString("--no-allow-natives-syntax");
    const { pool, close } = await fixture(maria, { database: "shape" });
    const held = await Promise.all(Array.from({ length: 6 }, () => pool.getConnection()));
    await Promise.all(held.map((connection) => connection.query("DO 0")));
    // The first one was opened alone.
    expect(held.map(({ connection }) => sameMap(connection, held[0]?.connection))).toEqual(held.map(() => true));
    for (const connection of held) connection.release();
    await close();
  });
});

class Renewed implements TlsSource {
  current: TlsIdentity;
  readonly #make: (name: string) => TlsIdentity;
  readonly #listeners = new Set<(identity: TlsIdentity) => void>();

  constructor(make: (name: string) => TlsIdentity) {
    this.#make = make;
    this.current = make("one");
  }

  onChange(listener: (identity: TlsIdentity) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  renew(name: string): void {
    this.current = this.#make(name);
    for (const listener of this.#listeners) listener(this.current);
  }
}
