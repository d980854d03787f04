import { mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireLeg } from "@minicluster/servers";
import mysql from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevCluster, type DevVaultOptions, startDevCluster } from "../src/index.ts";
import { credentialsOf } from "./by-hand.ts";
import { engines, missing as missingEngine } from "./engines.ts";

const legs: { leg: string; vault: DevVaultOptions & { version: "1.11.0" | "1.14.0" }; login: string[] }[] = [
  { leg: "1.11.0 app-id mysql", vault: { version: "1.11.0" }, login: ["VAULT_APP_ID", "VAULT_USER_ID"] },
  {
    leg: "1.11.0 approle database",
    vault: { version: "1.11.0", auth: "approle", nodes: 1 },
    login: ["VAULT_ROLE_ID", "VAULT_SECRET_ID"],
  },
  {
    leg: "1.14.0 approle database",
    vault: { version: "1.14.0", nodes: 1 },
    login: ["VAULT_ROLE_ID", "VAULT_SECRET_ID"],
  },
];

/** All temporary files of this test, so that it can see what is left. */
const temporary = mkdtempSync(join(tmpdir(), "devcluster-"));
process.env.TMPDIR = temporary;
afterAll(() => rmdirSync(temporary));

async function missing(version: "1.11.0" | "1.14.0"): Promise<string | undefined> {
  return (await requireLeg("mariadb")) ?? (await requireLeg("consul")) ?? (await requireLeg(`vault-${version}`));
}

/** One query as an account that Vault made for this instance. */
async function queryByHand(env: Record<string, string>): Promise<unknown> {
  const { username: user, password, address } = await credentialsOf(env);
  const connection = await mysql.createConnection({ ...address, user, password, database: env.MYSQL_DATABASE ?? "" });
  try {
    const [rows] = await connection.query("SELECT DATABASE() AS name");
    return rows;
  } finally {
    await connection.end();
  }
}

describe.each(legs)("a cluster on Vault $leg", async ({ vault, login }) => {
  const reason = await missing(vault.version);

  test.skipIf(reason)("gives each instance an environment with which it gets to its database", async () => {
    const lines: string[] = [];
    await using cluster = await startDevCluster({ vault, onProgress: (line) => lines.push(line) });
    const [first, second] = [cluster.env("todo"), cluster.env("todo")];
    const rest = ["CONSUL_DNS_ADDR", "CONSUL_HTTP_ADDR", "MYSQL_CREDENTIALS", "MYSQL_DATABASE", "MYSQL_SERVICE"];
    expect(Object.keys(first).sort()).toEqual([...rest, ...login].sort());
    expect(first[login[1] ?? ""]).not.toBe(second[login[1] ?? ""]);
    expect(await queryByHand(first)).toEqual([{ name: "todo" }]);
    expect(await queryByHand(second)).toEqual([{ name: "todo" }]);
    expect(lines.at(-1)).toMatch(/^the cluster is ready \(\d+\.\d\d s\)$/);
    const secrets = [cluster.vault.rootToken, ...cluster.vault.keys].map((secret) => secret.reveal());
    for (const secret of [...secrets, ...login.map((name) => first[name] ?? "")]) {
      expect(lines.join("\n")).not.toContain(secret);
    }
  });
});

describe.each(engines)("a cluster for two services on %s servers", async (engine) => {
  const noEngine = await missingEngine(engine);
  let cluster: DevCluster;

  beforeAll(async () => {
    if (noEngine) return;
    const vault = { shares: 3, threshold: 2 };
    cluster = await startDevCluster({ engine, services: ["billing", "web-shop"], vault });
  });
  afterAll(() => cluster?.close());

  test.skipIf(noEngine)("keeps their databases apart, and knows no other service", async () => {
    expect(await queryByHand(cluster.env("billing"))).toEqual([{ name: "billing" }]);
    const shop = cluster.env("web-shop");
    expect(shop.MYSQL_CREDENTIALS).toBe("mysql/creds/web-shop");
    await expect(queryByHand({ ...shop, MYSQL_DATABASE: "billing" })).rejects.toMatchObject({ errno: 1044 });
    expect(() => cluster.env("todo")).toThrow(
      expect.objectContaining({
        code: "DEVCLUSTER_NO_SUCH_SERVICE",
        message: expect.stringContaining("billing, web-shop"),
      }),
    );
  });

  test.skipIf(noEngine)("one node leads and the other stands by; sealing and unsealing reach both", async () => {
    const { vault } = cluster;
    expect((await vault.active()).name).toBe("vault1");
    expect((await vault.standby()).name).toBe("vault2");
    expect(vault.keys).toHaveLength(3);
    await vault.seal();
    expect(await Promise.all(vault.nodes.map((node) => node.status()))).toEqual(["sealed", "sealed"]);
    await expect(vault.active()).rejects.toMatchObject({
      code: "DEVCLUSTER_VAULT_AWAY",
      message: "no Vault is active now: vault1 sealed, vault2 sealed",
    });
    await vault.unseal();
    await expect.poll(() => vault.active().then(() => "active", String), { timeout: 20_000 }).toBe("active");
    await vault.unseal();
  });

  test.skipIf(noEngine)("an instance can be started while Vault is away", async () => {
    const { vault } = cluster;
    await Promise.all(vault.nodes.map((node) => node.stop()));
    const program = `
      const [host, port] = process.env.BIND.split(":");
      require("node:http").createServer((_, answer) => answer.end(process.env.VAULT_USER_ID ? "in" : "out")).listen(port, host);
      process.on("SIGTERM", () => { console.log("goodbye"); process.exit(0); });`;
    const run = (): ReturnType<DevCluster["run"]> =>
      cluster.run("billing", { command: process.execPath, args: ["-e", program] });
    const [first, second] = [await run(), await run()];
    expect(first.name).not.toBe(second.name);
    expect(await (await fetch(first.address)).text()).toBe("in");
    await first.restart();
    expect(await (await fetch(first.address)).text()).toBe("in");
    expect(first.service).toBe("billing");
  });

  test.skipIf(noEngine)("close() lets instances say goodbye and leaves no process and no directory", async () => {
    const { consul, vault, mysql: mariadb } = cluster;
    const program = `
      const [host, port] = process.env.BIND.split(":");
      require("node:http").createServer(() => {}).listen(port, host);
      process.on("SIGTERM", () => { console.log("goodbye"); process.exit(0); });`;
    // Vault is away: the stock serves until it is used up.
    for (let taken = 2; taken < 8; taken += 1) cluster.env("billing");
    expect(() => cluster.env("billing")).toThrow(expect.objectContaining({ code: "DEVCLUSTER_NO_LOGIN" }));
    await Promise.all(vault.nodes.map((node) => node.restart()));
    await vault.unseal();
    await expect.poll(() => vault.active().then(() => "active", String), { timeout: 60_000 }).toBe("active");
    const instance = await cluster.run("billing", { command: process.execPath, args: ["-e", program] });
    const handles = [consul.server, consul.agent, ...vault.nodes, mariadb, instance];
    const pids = handles.flatMap(({ pid }) => pid ?? []);
    await Promise.all([cluster.close(), cluster.close()]);
    expect(instance.log).toBe("goodbye\n");
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(readdirSync(temporary)).toEqual([]);
    expect(() => cluster.env("billing")).toThrow(expect.objectContaining({ code: "DEVCLUSTER_CLOSED" }));
  });
});

test.each(engines)("a start on %s servers that is aborted leaves nothing", async (engine) => {
  if (await missingEngine(engine)) return;
  const controller = new AbortController();
  const onProgress = (line: string): void => {
    if (line.startsWith("Vault 1.11.0 runs")) controller.abort(new Error("changed my mind"));
  };
  await expect(startDevCluster({ engine, onProgress, signal: controller.signal })).rejects.toThrow("changed my mind");
  expect(readdirSync(temporary)).toEqual([]);
});

test.each([
  [{ vault: { nodes: 0 } }, "vault.nodes"],
  [{ vault: { version: "1.14.0", auth: "app-id" } }, "app-id"],
  [{ vault: { version: "1.14.0", auth: "approle", engine: "mysql" } }, "legacy mysql"],
  [{ services: [] }, "services"],
  [{ services: ["Bad Name"] }, "Bad Name"],
  [{ services: ["todo", "todo"] }, "named twice"],
  [{ services: ["vault"] }, "the cluster's own"],
  [{ vault: { leaseTtl: "2h", maxTtl: "1h" } }, "leaseTtl"],
  [{ engine: "virtual" as "real" }, "engine"],
  [{ engine: "embedded", vault: { version: "1.11.0" } }, "vault.version"],
  [{ logins: 0 }, "logins"],
  [{ mysql: { url: "postgres://root:geheim@127.0.0.1" } }, "mysql.url: write mysql://USER:PASSWORD@HOST:PORT"],
  [{ mysql: { url: "mysql://root:geheim@127.0.0.1:3307/shop" } }, "without a path"],
  [{ mysql: { url: "mysql://root@127.0.0.1", settings: {} } }, "settings"],
  [{ data: "/etc/hostname/cluster" }, "data"],
  [{ data: "/etc" }, "holds something else"],
] as const)("%j is an error that names the option", async (options, name) => {
  await expect(startDevCluster(options)).rejects.toMatchObject({
    code: "DEVCLUSTER_INVALID_OPTION",
    message: expect.stringContaining(name),
  });
  await expect(startDevCluster(options)).rejects.not.toThrow("geheim");
});
