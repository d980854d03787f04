import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Mariadb, requireLeg, startMariadb } from "../src/index.ts";

const missing = await requireLeg("mariadb");

describe.skipIf(missing)("MariaDB", () => {
  let mariadb: Mariadb;
  beforeAll(async () => {
    mariadb = await startMariadb();
  });
  afterAll(() => mariadb.close());

  test("runs on a port of its own, with one root account and no anonymous ones", async () => {
    expect(mariadb.port).not.toBe(3_306);
    expect(mariadb.running).toBe(true);
    const accounts = await mariadb.admin("SELECT User, Host FROM mysql.global_priv WHERE User <> 'mariadb.sys'");
    expect(accounts).toEqual([{ User: "root", Host: "127.0.0.1" }]);
    expect(await mariadb.admin("SELECT ? + 1 AS sum", [41])).toEqual([{ sum: 42 }]);
    expect(await mariadb.admin("DO 1")).toEqual([]);
  });

  test("an account for any host logs in from 127.0.0.1, and root may grant", async () => {
    await mariadb.admin("CREATE DATABASE shop");
    await mariadb.admin("CREATE USER clerk IDENTIFIED BY 'x'");
    await mariadb.admin("GRANT ALL ON shop.* TO clerk");
    expect(await mariadb.admin("SHOW GRANTS FOR clerk")).toHaveLength(2);
  });

  test("keeps its committed rows when it is killed and restarted", async () => {
    await mariadb.admin("CREATE TABLE shop.item (name TEXT)");
    await mariadb.admin("INSERT INTO shop.item VALUES ('lamp')");
    await mariadb.kill();
    await expect(mariadb.admin("SELECT 1")).rejects.toThrow("ECONNREFUSED");
    await mariadb.restart();
    expect(await mariadb.admin("SELECT name FROM shop.item")).toEqual([{ name: "lamp" }]);
  });

  test("stops cleanly", async () => {
    await mariadb.stop();
    expect(mariadb.log).toContain("Shutdown complete");
    await mariadb.restart();
  });

  test("paused, it makes admin() wait; resumed, it answers", async () => {
    await mariadb.pause();
    const answer = mariadb.admin("SELECT 1 AS one");
    await mariadb.resume();
    expect(await answer).toEqual([{ one: 1 }]);
  });

  test("two at once keep their temporary tables apart", async () => {
    await using other = await startMariadb({ name: "other" });
    const temporary = "SELECT @@tmpdir AS path";
    const paths = [await mariadb.admin(temporary), await other.admin(temporary)].map(([row]) => row?.path);
    expect(new Set(paths).size).toBe(2);
  });

  test("keeps the root password out of its command line, its directory and its log", async () => {
    const password = mariadb.rootPassword.reveal();
    expect(await readFile(`/proc/${mariadb.pid}/cmdline`, "utf8")).not.toContain(password);
    expect(mariadb.log).not.toContain(password);
    const cwd = (await readFile(`/proc/${mariadb.pid}/cmdline`, "utf8")).split("\0");
    const data = cwd.find((argument) => argument.startsWith("--datadir="))?.slice("--datadir=".length) ?? "";
    const directory = dirname(data);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(directory)) {
      if (["log", "init.sql"].includes(name))
        expect(await readFile(join(directory, name), "utf8")).not.toContain(password);
    }
  });

  test("takes more settings, and a wrong one is an error with the server's own words", async () => {
    await using small = await startMariadb({ name: "small", settings: { "max-connections": 17 } });
    expect(await small.admin("SELECT @@max_connections AS most")).toEqual([{ most: 17 }]);
    const wrong = startMariadb({ settings: { "no-such-setting": 1 } });
    await expect(wrong).rejects.toMatchObject({
      code: "START_FAILED",
      message: expect.stringContaining("no-such-setting"),
    });
  });
});
