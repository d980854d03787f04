import { startMariadb } from "@minicluster/servers";
import { createConnection } from "mysql2/promise";
import { describe, expect, test } from "vitest";
import { startDevCluster } from "../src/index.ts";
import { credentialsOf, logIn } from "./by-hand.ts";
import { engines, missing } from "./engines.ts";

describe.each(engines)("on %s servers", async (engine) => {
  const reason = await missing(engine);

  test.skipIf(reason)("a MySQL that a url names is used, is not ours to end, and is left as it was", async () => {
    await using mariadb = await startMariadb({ name: "theirs" });
    await mariadb.admin("CREATE USER 'ops@home'@'%' IDENTIFIED BY 'p@ss/word'");
    await mariadb.admin("GRANT ALL PRIVILEGES ON *.* TO 'ops@home'@'%' WITH GRANT OPTION");
    const users = async (): Promise<unknown[]> =>
      (await mariadb.admin("SELECT User AS user FROM mysql.user ORDER BY User")).map(({ user }) => user);
    const before = await users();
    const url = `mysql://ops%40home:p%40ss%2Fword@${mariadb.host}:${mariadb.port}`;
    const cluster = await startDevCluster({ engine, vault: { nodes: 1 }, mysql: { url }, services: ["billing"] });
    try {
      const { username: user, password, address } = await credentialsOf(cluster.env("billing"));
      expect(address).toEqual({ host: mariadb.host, port: mariadb.port });
      const connection = await createConnection({ ...address, user, password, database: "billing" });
      await connection.query("CREATE TABLE invoice (id INT)");
      await connection.end();
      expect((await users()).length).toBe(before.length + 2);
      for (const call of ["stop", "kill", "restart", "pause", "resume"] as const) {
        await expect(cluster.mysql[call]()).rejects.toMatchObject({
          code: "DEVCLUSTER_NOT_OURS",
          message: expect.stringContaining(`${mariadb.host}:${mariadb.port}`),
        });
      }
      expect(cluster.mysql.version).toBe((await mariadb.admin("SELECT VERSION() AS v"))[0]?.["v"]);
      expect(await cluster.mysql.admin("SELECT ? AS two", [2])).toEqual([{ two: 2 }]);
    } finally {
      await cluster.close();
    }
    expect(await users()).toEqual(before);
    expect(await mariadb.admin("SHOW TABLES IN billing")).toHaveLength(1);
  });

  test.skipIf(reason)("a MySQL that doesn't answer, or refuses, is one error without its password", async () => {
    await using mariadb = await startMariadb();
    const url = `mysql://root:geheim@${mariadb.host}:${mariadb.port}`;
    const start = startDevCluster({ engine, mysql: { url } });
    await expect(start).rejects.toMatchObject({ code: "DEVCLUSTER_MYSQL_AWAY", kind: "unreachable" });
    await expect(start).rejects.toThrow(`${mariadb.host}:${mariadb.port}: root can't log in: ER_ACCESS_DENIED_ERROR`);
    await expect(start).rejects.not.toThrow("geheim");
    await mariadb.stop();
    await expect(startDevCluster({ engine, mysql: { url } })).rejects.toThrow("ECONNREFUSED");
  });

  test.skipIf(reason)("without a MySQL services still log in, and nothing of MySQL is there", async () => {
    await using cluster = await startDevCluster({ engine, mysql: false, vault: { nodes: 1 }, services: ["mailer"] });
    const env = cluster.env("mailer");
    expect(Object.keys(env).filter((name) => name.startsWith("MYSQL"))).toEqual([]);
    const { policies, headers, vault } = await logIn(env);
    expect(policies).toEqual(["default", "mailer"]);
    expect((await fetch(`${vault}/v1/auth/token/lookup-self`, { headers })).status).toBe(200);
    expect((await fetch(`${vault}/v1/mysql/creds/mailer`, { headers })).status).toBe(403);
    const services = await fetch(`${cluster.consul.agent.address}/v1/agent/services`);
    expect(await services.json()).toEqual({});
    expect(cluster.withMysql).toBe(false);
    expect(() => cluster.mysql).toThrow(expect.objectContaining({ code: "DEVCLUSTER_NO_MYSQL" }));
  });
});
