import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HttpAnswer, http } from "../src/http.ts";
import {
  type Consul,
  findVault,
  requireLeg,
  startConsul,
  startUnsealedVault,
  startVault,
  type UnsealedVault,
  unseal,
  type Vault,
} from "../src/index.ts";

const missingConsul = await requireLeg("consul");

async function health(vault: Vault): Promise<number> {
  return (await http({ url: `${vault.address}/v1/sys/health` })).status;
}

describe.each(["1.11.0", "1.14.0"] as const)("Vault %s", async (version) => {
  const missing = await requireLeg(`vault-${version}`);

  test.skipIf(missing)("starts not initialised; its binary says the version it was asked for", async () => {
    await using vault = await startVault({ version });
    expect(await vault.status()).toBe("uninitialised");
    expect(vault.version).toBe(version);
    const said = (await http({ url: `${vault.address}/v1/sys/health` })).json();
    expect(said).toMatchObject({ version });
  });

  test.skipIf(missing)("mounts every engine and method that clusters use, and each answers a request", async () => {
    const { vault, rootToken } = await startUnsealedVault({ version });
    await using _ = vault;
    const headers = { "X-Vault-Token": rootToken.reveal() };
    const call = (method: "GET" | "PUT", path: string, body?: unknown): Promise<HttpAnswer> =>
      http({ url: `${vault.address}/v1/${path}`, method, headers, body });
    const engines = ["kv", "pki", "database", ...(version === "1.11.0" ? ["mysql"] : [])];
    const methods = ["approle", "userpass", ...(version === "1.11.0" ? ["app-id"] : [])];
    for (const type of engines) {
      expect((await call("PUT", `sys/mounts/${type}`, { type })).status).toBe(204);
      expect([type, (await call("GET", `${type}/roles/none`)).status]).toEqual([type, 404]);
    }
    for (const type of methods) {
      expect((await call("PUT", `sys/auth/${type}`, { type })).status).toBe(204);
      expect([type, (await call("GET", `auth/${type}/role/none`)).status]).toEqual([type, 404]);
    }
    expect((await call("GET", "sys/mounts")).status).toBe(200);
    expect((await call("GET", "identity/entity/id/none")).status).toBe(404);
  });

  test.skipIf(missing)("is sealed after a restart, and keeps its data in a file storage", async () => {
    const { vault, keys, rootToken } = await startUnsealedVault({ version, storage: "file" });
    await using _ = vault;
    expect(await health(vault)).toBe(200);
    await vault.kill();
    expect(await vault.status()).toBe("down");
    await vault.restart();
    expect(await vault.status()).toBe("sealed");
    await unseal({ vault, keys });
    expect(await vault.status()).toBe("active");
    const headers = { "X-Vault-Token": rootToken.reveal() };
    expect((await http({ url: `${vault.address}/v1/auth/token/lookup-self`, headers })).status).toBe(200);
    expect(vault.log).not.toContain(rootToken.reveal());
  });
});

describe.skipIf(missingConsul ?? (await requireLeg("vault-1.11.0")))("two Vaults that store in one Consul", () => {
  let consul: Consul;
  let first: UnsealedVault;
  let second: Vault;
  beforeAll(async () => {
    consul = await startConsul();
    first = await startUnsealedVault({ storage: consul, name: "vault1" });
    second = await startVault({ storage: consul, name: "vault2" });
    await unseal({ vault: second, keys: first.keys });
  });
  afterAll(async () => {
    await Promise.all([first?.vault.close(), second?.close()]);
    await consul?.close();
  });

  test("are one leader and one standby, both registered", async () => {
    expect([await first.vault.status(), await second.status()]).toEqual(["active", "standby"]);
    const registered = (await http({ url: `${consul.address}/v1/catalog/service/vault` })).json();
    expect(registered).toHaveLength(2);
  });

  test("the standby leads after a clean stop of the leader, and can be paused and resumed", async () => {
    await first.vault.stop();
    await expect.poll(() => health(second), { timeout: 20_000, interval: 100 }).toBe(200);
    await second.pause();
    const asked = health(second);
    await second.resume();
    expect(await asked).toBe(200);
    await first.vault.restart();
    await unseal({ vault: first.vault, keys: first.keys });
    expect(await health(first.vault)).toBe(429);
  });

  test("a second initialisation is refused with Vault's own words", async () => {
    const again = startUnsealedVault({ storage: consul, name: "vault3" });
    await expect(again).rejects.toMatchObject({ code: "REQUEST_FAILED", message: expect.stringContaining("already") });
  });
});

test("a program that is not Vault is refused by name", async () => {
  process.env.MINICLUSTER_VAULT_BIN = "/nonexistent/vault";
  try {
    const missing = findVault("1.11.0");
    await expect(missing).rejects.toMatchObject({ code: "BINARY_MISSING", kind: "invalid" });
    await expect(missing).rejects.toThrow("MINICLUSTER_VAULT_BIN=/nonexistent/vault");
    process.env.MINICLUSTER_VAULT_BIN = "/bin/true";
    await expect(findVault("1.11.0")).rejects.toMatchObject({ code: "BINARY_MISSING" });
  } finally {
    delete process.env.MINICLUSTER_VAULT_BIN;
  }
});
