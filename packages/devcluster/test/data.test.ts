import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { afterAll, describe, expect, test } from "vitest";
import { startDevCluster } from "../src/index.ts";
import { credentialsOf } from "./by-hand.ts";
import { engines, missing } from "./engines.ts";

const temporary = mkdtempSync(join(tmpdir(), "devcluster-data-"));
afterAll(() => rmSync(temporary, { recursive: true }));

describe.each(engines)("a data directory on %s servers", async (engine) => {
  const reason = await missing(engine);
  const data = join(temporary, engine);
  const vault = { nodes: 1, leaseTtl: "2m" } as const;

  test.skipIf(reason).each(["app-id", "approle"] as const)(
    "keeps rows and the configuration; Vault's %s accounts of the first run are gone in the second",
    async (auth) => {
      const own = join(data, auth);
      const first = await startDevCluster({ engine, data: own, vault: { ...vault, auth }, services: ["billing", "a"] });
      const { username, password, address } = await credentialsOf(first.env("billing"));
      const other = await credentialsOf(first.env("a"));
      const connection = await createConnection({ ...address, user: username, password, database: "billing" });
      await connection.query("CREATE TABLE invoice (id INT)");
      await connection.query("INSERT INTO invoice VALUES (7)");
      await connection.end();
      await first.mysql.admin("CREATE USER reader@localhost");
      const users = (cluster: typeof first): Promise<unknown[]> =>
        cluster.mysql.admin("SELECT User AS user FROM mysql.user").then((rows) => rows.map(({ user }) => user));
      expect(await users(first)).toEqual(expect.arrayContaining([username, other.username]));
      expect(statSync(own).mode & 0o777).toBe(0o700);
      // As a power cut would.
      await first.mysql.kill();
      await first.close();

      const lines: string[] = [];
      await using second = await startDevCluster({ data: own, onProgress: (line) => lines.push(line) });
      expect(second.services).toEqual(["billing", "a"]);
      expect(second.engine).toBe(engine);
      expect(lines.join("\n")).toMatch(/dropped 2 accounts that Vault made in an earlier run/);
      const left = await users(second);
      expect(left).not.toContain(username);
      expect(left).not.toContain(other.username);
      expect(left).toEqual(expect.arrayContaining(["reader", "root", "vaultadmin"]));
      const again = await credentialsOf(second.env("billing"));
      const { address: there } = again;
      const reader = await createConnection({ ...there, user: again.username, password: again.password });
      const [rows] = await reader.query("SELECT id FROM billing.invoice");
      await reader.end();
      expect(rows).toEqual([{ id: 7 }]);
      await expect(startDevCluster({ data: own })).rejects.toMatchObject({
        code: "DEVCLUSTER_DATA_IN_USE",
        message: expect.stringContaining(own),
      });
    },
  );

  test.skipIf(reason)(
    "holds no secret but MariaDB's own, and can be had again at once after a failed start",
    async () => {
      const own = join(data, "app-id");
      const { mode } = statSync(join(own, "cluster.json"));
      expect(mode & 0o777).toBe(0o600);
      const cluster = await startDevCluster({ data: own });
      const secrets = [cluster.vault.rootToken, ...cluster.vault.keys, cluster.mysql.rootPassword];
      const texts = [...secrets.map((secret) => secret.reveal()), ...Object.values(cluster.env("billing")).slice(-2)];
      await cluster.close();
      for (const text of texts) {
        expect(
          execFileSync("sh", ["-c", `grep -rlF -- "$1" "$2" || true`, "sh", text, own], { encoding: "utf8" }),
        ).toBe("");
      }
      await expect(startDevCluster({ data: own, mysql: { url: "mysql://root@127.0.0.1:1" } })).rejects.toMatchObject({
        code: "DEVCLUSTER_MYSQL_AWAY",
      });
      chmodSync(own, 0o755);
      await using again = await startDevCluster({ data: own, services: ["shop"] });
      expect(statSync(own).mode & 0o777).toBe(0o700);
      expect(JSON.parse(readFileSync(join(own, "cluster.json"), "utf8")).services).toEqual(["shop"]);
      expect(again.services).toEqual(["shop"]);
    },
  );

  test.skipIf(reason)("says what is wrong with a configuration that it can't read", async () => {
    const own = join(data, "app-id");
    writeFileSync(join(own, "cluster.json"), "{");
    await expect(startDevCluster({ data: own })).rejects.toMatchObject({
      code: "DEVCLUSTER_INVALID_OPTION",
      message: expect.stringContaining("cluster.json"),
    });
  });
});
