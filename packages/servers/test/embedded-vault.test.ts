import { type Duration, Secret } from "@minicluster/core";
import { ManualClock } from "@minicluster/core/testing";
import { embeddedVaultStorage, startEmbeddedVault, unseal, type Vault } from "@minicluster/servers";
import { afterEach, describe, expect, test } from "vitest";
import { type HttpAnswer, http } from "../src/http.ts";

interface Opened {
  vault: Vault;
  token: string;
  keys: Secret[];
}

const open: Vault[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((vault) => vault.close()))));

async function node(options: Parameters<typeof startEmbeddedVault>[0] = {}): Promise<Vault> {
  const vault = await startEmbeddedVault(options);
  open.push(vault);
  return vault;
}

async function initialised(vault: Vault): Promise<Opened> {
  const body = { secret_shares: 1, secret_threshold: 1 };
  const made = await http({ url: `${vault.address}/v1/sys/init`, method: "PUT", body });
  const { keys_base64, root_token } = made.json() as { keys_base64: string[]; root_token: string };
  const keys = keys_base64.map((key) => new Secret(key));
  await unseal({ vault, keys });
  return { vault, token: root_token, keys };
}

function ask(vault: Vault, method: "GET" | "PUT", path: string, token: string, body?: unknown): Promise<HttpAnswer> {
  return http({ url: `${vault.address}/v1/${path}`, method, headers: { "X-Vault-Token": token }, body });
}

const becomes = (vault: Vault, status: string): Promise<unknown> =>
  expect.poll(() => vault.status(), { timeout: 10_000, interval: 10 }).toBe(status);

/** Two nodes over one storage: the first leads. */
async function pair(takeover: Duration): Promise<Opened & { standby: Vault }> {
  const storage = embeddedVaultStorage();
  const first = await initialised(await node({ storage, takeover, name: "vault1" }));
  const standby = await node({ storage, takeover, name: "vault2" });
  await unseal({ vault: standby, keys: first.keys });
  return { ...first, standby };
}

test("says what it is, and is not initialised, sealed, active, down", async () => {
  const vault = await node();
  expect(vault.version).toBe("1.11.0");
  expect(vault.log).toContain("never for production");
  expect(await vault.status()).toBe("uninitialised");
  const { keys } = await initialised(vault);
  expect(await vault.status()).toBe("active");
  await vault.kill();
  expect(await vault.status()).toBe("down");
  await vault.restart();
  expect(await vault.status()).toBe("sealed");
  await unseal({ vault, keys });
  expect(await vault.status()).toBe("active");
  await vault.pause();
  expect(await vault.status()).toBe("down");
});

test("no secret is in its log, nor readable in a sealed storage", async () => {
  const storage = embeddedVaultStorage();
  const { vault, token, keys } = await initialised(await node({ storage }));
  await ask(vault, "PUT", "cubbyhole/a", token, { value: "very secret indeed" });
  const written = JSON.stringify(storage.root, (_, value) => (value instanceof Map ? [...value] : value), 1);
  const bytes = [
    ...JSON.parse(written, (_, value) =>
      value?.type === "Buffer" ? Buffer.from(value.data).toString("latin1") : value,
    ).values,
  ];
  expect(JSON.stringify(bytes)).not.toContain("very secret");
  for (const secret of [token, keys[0]?.reveal() ?? "", "very secret"]) expect(vault.log).not.toContain(secret);
});

describe("two nodes over one storage", () => {
  test("a killed leader is followed when its lock has run out, not before", async () => {
    const { vault, standby, token, keys } = await pair("400ms");
    const before = performance.now();
    await vault.kill();
    expect((await ask(standby, "GET", "sys/leader", token)).json()).toMatchObject({ leader_address: vault.address });
    await becomes(standby, "active");
    expect(performance.now() - before).toBeGreaterThan(300);
    await vault.restart();
    await unseal({ vault, keys });
    expect(await vault.status()).toBe("standby");
    expect((await ask(vault, "GET", "auth/token/lookup-self", token)).status).toBe(200);
  });

  test("a frozen leader loses the lead; when it thaws, it first does what came due, then stands by", async () => {
    const { vault, standby, token } = await pair("300ms");
    await vault.pause();
    await becomes(standby, "active");
    await vault.resume();
    await becomes(vault, "standby");
    await expect.poll(() => vault.log, { timeout: 5_000, interval: 10 }).toContain("leadership lost");
    expect((await ask(vault, "GET", "sys/leader", token)).json()).toMatchObject({ leader_address: standby.address });
  });

  test("a token that ran out while nobody led is gone when somebody does", async () => {
    const { vault, standby, token } = await pair("600ms");
    const body = { ttl: "1s", policies: ["default"] };
    const made = (await ask(vault, "PUT", "auth/token/create", token, body)).json() as { auth: { accessor: string } };
    await vault.kill();
    await becomes(standby, "active");
    const { accessor } = made.auth;
    const look = async (): Promise<number> =>
      (await ask(standby, "PUT", "auth/token/lookup-accessor", token, { accessor })).status;
    await expect.poll(look, { timeout: 3_000, interval: 20 }).toBe(400);
  });
});

test("time is an input: a token ends when the clock says so", async () => {
  const clock = new ManualClock();
  const vault = await node({ clock });
  const { token } = await initialised(vault);
  const made = (await ask(vault, "PUT", "auth/token/create", token, { ttl: "1h", policies: ["default"] })).json();
  const { client_token: child } = (made as { auth: { client_token: string } }).auth;
  await clock.advance(3_599_000);
  expect((await ask(vault, "GET", "auth/token/lookup-self", child)).status).toBe(200);
  await clock.advance(1_001);
  expect((await ask(vault, "GET", "auth/token/lookup-self", child)).status).toBe(403);
  await vault.close();
  expect(clock.pending).toBe(0);
});

test("is up and unsealed within 300 ms", async () => {
  // The modules are loaded by now; what loading costs is the start-up bench's to say.
  const before = performance.now();
  await initialised(await node());
  expect(performance.now() - before).toBeLessThan(300);
});
