import { createConnection } from "node:net";
import { Secret } from "@minicluster/core";
import { embeddedVaultStorage, startEmbeddedVault, unseal, type Vault } from "@minicluster/servers";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

const storage = embeddedVaultStorage();
let vault: Vault;
let token = "";

beforeAll(async () => {
  vault = await startEmbeddedVault({ storage });
  const made = await fetch(`${vault.address}/v1/sys/init`, {
    method: "PUT",
    body: '{"secret_shares":1,"secret_threshold":1}',
  });
  const { keys_base64, root_token } = (await made.json()) as { keys_base64: [string]; root_token: string };
  token = root_token;
  await unseal({ vault, keys: [new Secret(keys_base64[0])] });
});
afterAll(() => vault.close());

const numRuns = Number(process.env["MINICLUSTER_FUZZ"] ?? 500);

const parts = [
  ..."sys auth token cubbyhole identity mounts policies acl policy leases lookup renew revoke revoke-prefix revoke-force wrapping wrap".split(
    " ",
  ),
  ..."unwrap rewrap audit audit-hash capabilities capabilities-self init unseal health leader seal-status create accessors".split(
    " ",
  ),
  ..."tune kv secret response default root constructor __proto__ toString .. . * +".split(" "),
  "",
  " ",
  "%00",
  "%zz",
  "é",
];
const names =
  "type path paths policy policies token lease_id accessor ttl increment num_uses input options config key id sync".split(
    " ",
  );
const value = fc.oneof(
  fc.constantFrom("1h", "-5s", "", "kv", "constructor", "{", null, true, -1, 0, 1e99),
  fc.jsonValue({ maxDepth: 2 }),
);
const path = fc.array(fc.constantFrom(...parts), { maxLength: 5 }).map((some) => `/v1/${some.join("/")}`);
const method = fc.constantFrom("GET", "PUT", "POST", "DELETE", "LIST", "PATCH", "OPTIONS", "HEAD", "MKCOL");
const body = fc.oneof(
  fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 4 }).map((object) => JSON.stringify(object)),
  fc.string(),
  fc.constant(""),
);

/** `sys/seal` and `sys/step-down` do what they say; that is a test of its own. */
const harmless = (asked: string): boolean =>
  !/seal\/?$|step-down/.test(asked.replace("seal-status", "").replace("unseal", ""));

test("any request from nobody changes nothing, and is answered", async () => {
  const before = JSON.stringify(await state());
  await fc.assert(
    fc.asyncProperty(method, path, body, fc.string(), async (how, where, sent, who) => {
      const answer = await fetch(vault.address + where, {
        method: how,
        redirect: "manual",
        headers: { "X-Vault-Token": encodeURIComponent(who) },
        ...(how !== "GET" && how !== "HEAD" && { body: sent }),
      });
      const text = await answer.text();
      expect([how, where, answer.status]).not.toEqual([how, where, 500]);
      if (answer.status >= 400 && text !== "")
        expect(JSON.parse(text)).toHaveProperty(text.includes("initialized") ? "initialized" : "errors");
    }),
    { numRuns },
  );
  expect(JSON.stringify(await state())).toBe(before);
});

test("any request from root is answered, and never with an accident of ours", async () => {
  await fc.assert(
    fc.asyncProperty(method, path.filter(harmless), body, async (how, where, sent) => {
      const answer = await fetch(vault.address + where, {
        method: how,
        redirect: "manual",
        headers: { "X-Vault-Token": token },
        ...(how !== "GET" && how !== "HEAD" && { body: sent }),
      });
      expect(await answer.text()).not.toContain("internal error");
    }),
    { numRuns },
  );
  expect(vault.log).not.toContain("[ERROR] http");
});

test("what is cut off, too large or no HTTP ends in an error, and the next one is served", async () => {
  const half = `PUT /v1/cubbyhole/a HTTP/1.1\r\nHost: a\r\nX-Vault-Token: ${token}\r\nContent-Length: 50\r\n\r\n{"a":`;
  for (const bytes of ["GET /v1/sys", "\0\0\0", "LIST /v1/cubby", half, "GET  HTTP/1.1\r\n\r\n"]) await send(bytes);
  const big = await fetch(`${vault.address}/v1/cubbyhole/a`, {
    method: "PUT",
    headers: { "X-Vault-Token": token },
    body: JSON.stringify({ a: "x".repeat(33 * 1024 * 1024) }),
  }).then(
    ({ status }) => status,
    () => 413,
  );
  expect(big).toBe(413);
  expect((await fetch(`${vault.address}/v1/cubbyhole/a`, { headers: { "X-Vault-Token": token } })).status).toBe(404);
  expect(vault.log).not.toContain("[ERROR] http: PUT: TypeError");
});

async function send(bytes: string): Promise<void> {
  const socket = createConnection({ host: "127.0.0.1", port: Number(new URL(vault.address).port) });
  socket.on("error", () => {});
  await new Promise((resolve) => socket.write(bytes, resolve));
  const ended = new Promise((resolve) => socket.on("close", resolve));
  socket.end();
  socket.resume();
  await ended;
}

async function state(): Promise<unknown> {
  const asked = ["sys/mounts", "sys/auth", "sys/policy", "sys/audit", "sys/leases/lookup?list=true"];
  return await Promise.all(
    asked.map(async (what) => {
      const answer = await fetch(`${vault.address}/v1/${what}`, { headers: { "X-Vault-Token": token } });
      const { request_id: _, ...rest } = (await answer.json()) as Record<string, unknown>;
      return rest;
    }),
  );
}
