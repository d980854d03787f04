import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Consul,
  type Mariadb,
  requireLeg,
  startConsul,
  startMariadb,
  startVault,
  type Vault,
} from "@minicluster/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CliResult, runCli } from "./run-cli.ts";

const noMariadb = (await requireLeg("mariadb")) ?? (await requireLeg("consul"));

for (const { version, auth } of [
  { version: "1.11.0", auth: "app-id" },
  { version: "1.14.0", auth: "approle" },
] as const) {
  const missing = noMariadb ?? (await requireLeg(`vault-${version}`));
  describe.skipIf(missing)(`on Vault ${version}`, () => {
    let directory: string;
    let keysFile: string;
    let consul: Consul;
    let vaults: Vault[];
    let mariadb: Mariadb;
    let env: Record<string, string>;
    /** Everything that was said where nobody asked for a secret. */
    const said: string[] = [];
    const secrets = new Set<string>();

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "cli-"));
      keysFile = join(directory, "keys.json");
      [consul, mariadb] = await Promise.all([startConsul(), startMariadb()]);
      vaults = await Promise.all(["vault0", "vault1"].map((name) => startVault({ name, version, storage: consul })));
      const { host, port, rootPassword } = mariadb;
      env = {
        CONSUL_HTTP_ADDR: consul.address,
        MYSQL_ADMIN_URL: `mysql://root:${encodeURIComponent(rootPassword.reveal())}@${host}:${port}`,
      };
      secrets.add(rootPassword.reveal());
    });
    afterAll(async () => {
      await Promise.all([...(vaults ?? []), mariadb].map((server) => server?.close()));
      await consul?.close();
      await rm(directory, { recursive: true, force: true });
    });

    async function cli(
      args: string[],
      more: { env?: Record<string, string>; input?: string } = {},
    ): Promise<CliResult> {
      const result = await runCli(args, { ...more, env: { ...env, ...more.env } });
      if (args[0] !== "provision") said.push(result.stdout, result.stderr);
      return result;
    }

    test("init writes keys and token into a new file for its owner alone, and a second time says already", async () => {
      const address = vaults[0]?.address ?? "";
      const args = ["init", "--vault", address, "--shares", "3", "--threshold", "2", "--keys-file"];
      const first = await cli([...args, keysFile]);
      expect(first).toMatchObject({
        code: 0,
        stdout: `${address} is initialised; keys and root token are in ${keysFile}\n`,
      });
      expect((await stat(keysFile)).mode & 0o777).toBe(0o600);
      const { keys, root_token, threshold } = JSON.parse(await readFile(keysFile, "utf8"));
      expect([keys.length, threshold]).toEqual([3, 2]);
      for (const secret of [...keys, root_token]) secrets.add(secret);
      env = { ...env, VAULT_TOKEN: root_token };
      const again = await cli([...args, join(directory, "other.json")]);
      expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("initialised already") });
      await expect(stat(join(directory, "other.json"))).rejects.toMatchObject({ code: "ENOENT" });
    });

    test("a wrong key is one line without the key, and exit code 1", async () => {
      const wrong = Buffer.alloc(33, 9).toString("base64");
      const address = vaults[0]?.address ?? "";
      const { code, stderr } = await cli(["unseal", "--vault", address], {
        input: `${wrong}\n${wrong.replace("CQk", "CQo")}\n`,
      });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^minicluster: unsealing .*refused the keys.*\n$/);
      expect(stderr).not.toContain(wrong);
    });

    test("unseal takes keys from stdin or a file, node by node, and a second time says already", async () => {
      const { keys } = JSON.parse(await readFile(keysFile, "utf8"));
      const each = vaults.flatMap(({ address }) => ["--vault", address]);
      const one = await cli(["unseal", ...each.slice(0, 2)], { input: `${keys[0]}\n` });
      expect(one).toMatchObject({ code: 1, stdout: expect.stringContaining("sealed, has 1 of 2 keys") });
      const both = await cli(["unseal", ...each, "--keys-file", keysFile]);
      expect(both.code).toBe(0);
      expect(both.stdout.match(/: unsealed$/gm)).toHaveLength(2);
      const again = await cli(["unseal", ...each, "--keys-file", keysFile, "--json"]);
      expect(JSON.parse(again.stdout)).toMatchObject([{ done: "unchanged" }, { done: "unchanged" }]);
    });

    test("status finds the nodes through Consul, and exits 1 while there is no todo", async () => {
      await expect
        .poll(async () => (await cli(["status"])).stdout, { timeout: 20_000 })
        .toMatch(/active[\s\S]*standby|standby[\s\S]*active/);
      const { code, stderr, stdout } = await cli(["status"]);
      expect([code, stderr]).toEqual([1, "minicluster: todo has no healthy instance\n"]);
      expect(stdout).toContain("no instance registered");
      const json = await cli(["status", "--json"]);
      expect(JSON.parse(json.stdout)).toMatchObject({ healthy: false, services: [{ service: "todo", instances: [] }] });
    });

    test("configure finds Vault through Consul, tells each step, and changes nothing a second time", async () => {
      const first = await cli(["configure", "--auth", auth]);
      expect(first).toMatchObject({ code: 0, stderr: "" });
      expect(first.stdout).toContain("created    account vaultadmin\n");
      expect(first.stdout).toContain("created    policy todo\n");
      const again = await cli(["configure", "--auth", auth]);
      expect(again.stdout).toMatch(/^(unchanged {2}.*\n)+$/);
      const json = await cli(["configure", "--auth", auth, "--json"]);
      expect(JSON.parse(json.stdout)).toMatchObject({ database: "todo", policy: "todo" });
    });

    test("provision prints an environment file with which an instance logs in", async () => {
      const { code, stdout, stderr } = await cli(["provision", "todo", "--auth", auth]);
      expect([code, stderr]).toEqual([0, ""]);
      const names = auth === "app-id" ? ["VAULT_APP_ID", "VAULT_USER_ID"] : ["VAULT_ROLE_ID", "VAULT_SECRET_ID"];
      const lines = stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split("="));
      expect(lines.map(([name]) => name)).toEqual(names);
      const [first, second] = lines.map(([, value]) => value ?? "");
      for (const secret of [first, second]) secrets.add(secret ?? "");
      const fields = auth === "app-id" ? { app_id: first, user_id: second } : { role_id: first, secret_id: second };
      const active = await Promise.any(
        vaults.map(async (vault) => ((await vault.status()) === "active" ? vault : Promise.reject())),
      );
      const body = JSON.stringify(fields);
      const login = await fetch(`${active.address}/v1/auth/${auth}/login`, { method: "POST", body });
      expect(await login.json()).toMatchObject({ auth: { policies: ["default", "todo"] } });
    });

    test("what was never configured is one line that says what to run", async () => {
      const { code, stderr } = await cli(["provision", "billing", "--auth", auth]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^minicluster: service billing is not configured for .*; run configure first\n$/);
    });

    test("a sealed Vault is told as such at once", async () => {
      await Promise.all(vaults.map((vault) => vault.restart()));
      const { code, stderr } = await cli(["configure", "--auth", auth]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/sealed/i);
    });

    test("no output holds a secret that nobody asked for", async () => {
      expect(secrets.size).toBe(7);
      await writeFile(join(directory, "said"), said.join(""));
      for (const secret of secrets) expect(said.join("")).not.toContain(secret);
    });
  });
}

describe.skipIf(await requireLeg("vault-1.11.0"))("without a keys file", () => {
  test("init shows keys and root token on stdout, once", async () => {
    await using vault = await startVault();
    const args = ["init", "--shares", "1", "--threshold", "1"];
    const env = { VAULT_ADDR: vault.address };
    const first = await runCli(args, { env });
    expect(first.stdout).toMatch(/^Unseal key 1: \S{44}\nRoot token: \S+\n$/);
    const second = await runCli([...args, "--json"], { env });
    expect(JSON.parse(second.stdout)).toEqual({ done: "unchanged", address: vault.address });
  });
});
