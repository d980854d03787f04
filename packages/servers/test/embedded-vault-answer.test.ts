import { type EmbeddedVault, startEmbeddedVault, type VaultMysqlDriver } from "@minicluster/servers";
import { expect, test } from "vitest";

/** Initialised and unsealed. @returns the root token */
async function opened(vault: EmbeddedVault): Promise<string> {
  const put = (url: string, body: object) => vault.answer({ method: "PUT", url, body: JSON.stringify(body) });
  const made = (await put("/v1/sys/init", { secret_shares: 1, secret_threshold: 1 })).body as Record<string, unknown>;
  await put("/v1/sys/unseal", { key: (made["keys"] as string[])[0] });
  return String(made["root_token"]);
}

test("a request without a socket is answered as the port answers it", async () => {
  await using vault = await startEmbeddedVault();
  const token = await opened(vault);
  for (const url of ["/v1/sys/health?perfstandbyok=true", "/v1/sys/mounts", "/v1/nothing/there", "/v1/%"]) {
    const headers = { "x-vault-token": token };
    const reply = await vault.answer({ method: "GET", url, headers });
    const response = await fetch(vault.address + url, { headers });
    const volatile = { request_id: undefined, server_time_utc: undefined };
    expect({ ...(reply.body as object), ...volatile }).toEqual({ ...((await response.json()) as object), ...volatile });
    expect(reply.status).toBe(response.status);
  }
});

test("a request without a socket waits while Vault is frozen, and fails when it is killed", async () => {
  await using vault = await startEmbeddedVault();
  await opened(vault);
  const ask = () => vault.answer({ method: "GET", url: "/v1/sys/health" });
  await vault.pause();
  let answered = false;
  const waiting = ask().finally(() => {
    answered = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(answered).toBe(false);
  await vault.resume();
  expect(await waiting).toMatchObject({ status: 200 });
  await vault.pause();
  const lost = ask();
  lost.catch(() => {});
  await vault.kill();
  await expect(lost).rejects.toMatchObject({ code: "NOT_RUNNING" });
  await expect(ask()).rejects.toMatchObject({ code: "NOT_RUNNING" });
});

test("accounts are made through the driver that it was given", async () => {
  const asked: unknown[] = [];
  const driver = {
    createConnection: (options: unknown) => {
      asked.push(options);
      throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    },
  } as unknown as VaultMysqlDriver;
  await using vault = await startEmbeddedVault({ driver });
  const headers = { "x-vault-token": await opened(vault) };
  const post = (url: string, body: object) =>
    vault.answer({ method: "POST", url, headers, body: JSON.stringify(body) });
  await post("/v1/sys/mounts/mysql", { type: "mysql" });
  const reply = await post("/v1/mysql/config/connection", { connection_url: "root:secret@tcp(127.0.0.1:3306)/" });
  expect(reply.status).toBe(400);
  expect(JSON.stringify(reply.body)).toContain("connection refused");
  expect(asked).toMatchObject([{ host: "127.0.0.1", port: 3306, user: "root" }]);
});

test("an object in place of a text is refused, whatever it calls its members", async () => {
  await using vault = await startEmbeddedVault();
  const headers = { "x-vault-token": await opened(vault) };
  const odd = { toString: false, valueOf: 1 };
  const refused = async (url: string, body: object) =>
    (await vault.answer({ method: "POST", url, headers, body: JSON.stringify(body) })).status;
  expect(await refused("/v1/auth/token/create-orphan", { ttl: odd })).toBe(400);
  expect(await refused("/v1/auth/token/create", { num_uses: odd, renewable: odd })).toBe(400);
  expect(await refused("/v1/sys/mounts/kv", { type: "kv", config: { default_lease_ttl: odd } })).toBe(400);
});
