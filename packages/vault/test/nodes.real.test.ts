import {
  type Consul,
  type Vault as Node,
  requireLeg,
  startConsul,
  startUnsealedVault,
  startVault,
  type UnsealedVault,
  unseal,
} from "@minicluster/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VaultClient } from "../src/client.ts";
import { token } from "../src/given-token.ts";
import { Vault } from "../src/vault.ts";

const missing = (await requireLeg("consul")) ?? (await requireLeg("vault-1.11.0"));

describe.skipIf(missing).each([
  ["that forwards", {}],
  ["that redirects", { disable_clustering: true }],
])("two nodes, with a standby %s", (_name, configuration) => {
  let consul: Consul;
  let unsealed: UnsealedVault;
  let second: Node;

  beforeAll(async () => {
    consul = await startConsul();
    unsealed = await startUnsealedVault({ storage: consul, name: "vault1", configuration });
    second = await startVault({ storage: consul, name: "vault2", configuration });
    await unseal({ vault: second, keys: unsealed.keys });
    const client = new VaultClient({ address: unsealed.vault.address, token: unsealed.rootToken });
    await client.write("sys/mounts/kv", { type: "kv" });
    await client.write("kv/x", { a: "1" });
    await client.close();
  });

  afterAll(async () => {
    await second?.close();
    await unsealed?.vault.close();
    await consul?.close();
  });

  test("the standby alone is enough", async () => {
    await using vault = new Vault({ address: second.address, auth: token(unsealed.rootToken) });
    expect(await vault.read("kv/x")).toEqual({ a: "1" });
    expect(vault.health.address).toBe(_name === "that forwards" ? second.address : unsealed.vault.address);
  });

  test("a clean stop of the leader fails no call, and the other one leads", async () => {
    const { vault: first } = unsealed;
    await using vault = new Vault({ address: [first.address, second.address], auth: token(unsealed.rootToken) });
    await vault.read("kv/x");
    const changed = vault.events.once("leader.changed");
    let stopped = false;
    const stopping = first.stop().then(() => {
      stopped = true;
    });
    let slowestMs = 0;
    for (let i = 0; !stopped || i < 50; i += 1) {
      const start = performance.now();
      expect(await vault.read("kv/x")).toEqual({ a: "1" });
      slowestMs = Math.max(slowestMs, performance.now() - start);
    }
    await stopping;
    expect(await changed).toEqual({ address: second.address, previous: first.address });
    expect(slowestMs).toBeLessThan(4_000);
    await first.restart();
    await unseal({ vault: first, keys: unsealed.keys });
  });

  test("a frozen leader costs one call its timeout; the next ones say so well before it, and its thaw is seen at once", async () => {
    const client = new VaultClient({
      address: [unsealed.vault.address, second.address],
      token: unsealed.rootToken,
      timeout: "2s",
    });
    const states = await Promise.all(client.addresses.map((address) => client.health(address)));
    const leader = states[0]?.state === "active" ? unsealed.vault : second;
    await client.read("kv/x");
    await leader.pause();
    await expect(client.read("kv/x")).rejects.toMatchObject({ code: "VAULT_UNREACHABLE" });
    for (let i = 0; i < 3; i += 1) {
      const start = performance.now();
      await expect(client.read("kv/x")).rejects.toMatchObject({ code: "VAULT_STANDBY" });
      expect(performance.now() - start).toBeLessThan(1_500);
    }
    await leader.resume();
    expect(await client.read("kv/x")).toMatchObject({ data: { a: "1" } });
    await client.close();
  });

  test("a sealed node is passed over", async () => {
    const { vault: first } = unsealed;
    await second.restart();
    await using vault = new Vault({
      address: [second.address, first.address],
      auth: token(unsealed.rootToken),
      timeout: "30s",
    });
    expect(await vault.read("kv/x")).toEqual({ a: "1" });
    await using client = new VaultClient({ address: [second.address, first.address] });
    expect((await client.health(second.address)).state).toBe("sealed");
    expect((await client.health(first.address)).state).toBe("active");
    expect(await client.sealStatus(second.address)).toMatchObject({ sealed: true });
    await unseal({ vault: second, keys: unsealed.keys });
  });
});
