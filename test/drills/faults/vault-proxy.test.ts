import { type DevCluster, startDevCluster } from "@minicluster/devcluster";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { VaultProxy } from "./vault-proxy.ts";

let cluster: DevCluster;
let proxy: VaultProxy;
let upstream: () => Promise<string>;

beforeAll(async () => {
  cluster = await startDevCluster({ engine: "embedded", mysql: false, vault: { nodes: 1 } });
});

afterAll(() => cluster?.close());

beforeEach(async () => {
  upstream = async () => (await cluster.vault.active()).address;
  proxy = await VaultProxy.start({ upstream: () => upstream() });
  return () => proxy.close();
});

const headers = (): Record<string, string> => ({ "X-Vault-Token": cluster.vault.rootToken.reveal() });
const read = (path: string, base = proxy.address): Promise<Response> =>
  fetch(`${base}/v1/${path}`, { headers: headers() });
const write = (path: string, body: object, base = proxy.address): Promise<Response> =>
  fetch(`${base}/v1/${path}`, { method: "POST", headers: headers(), body: JSON.stringify(body) });

it("passes on what is asked and answered, token, body and status", async () => {
  const policy = 'path "secret/*" { capabilities = ["read"] }';
  expect((await write("sys/policies/acl/passed", { policy })).status).toBe(204);
  const answer = await read("sys/policies/acl/passed");
  expect(((await answer.json()) as { data: { policy: string } }).data.policy).toBe(policy);
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect((await read("sys/policies/acl/none")).status).toBe(404);
  expect(proxy.requests).toEqual([
    { path: "sys/policies/acl/passed", fault: undefined, status: 204, upstream: 204 },
    { path: "sys/policies/acl/passed", fault: undefined, status: 200, upstream: 200 },
    { path: "sys/policies/acl/none", fault: undefined, status: 404, upstream: 404 },
  ]);
});

it.for([
  ["403", 403, { errors: ["permission denied"] }],
  ["429", 429, { errors: ["request path rate limit quota exceeded"] }],
  ["500", 500, { errors: ["internal error"] }],
] as const)("answers %s in Vault's stead, until it passes again", async ([fault, status, body]) => {
  proxy.answer(fault);
  const answer = await read("sys/mounts");
  expect({ status: answer.status, body: await answer.json() }).toEqual({ status, body });
  proxy.pass();
  expect((await read("sys/mounts")).status).toBe(200);
  expect(proxy.count((passed) => passed.fault === fault && passed.upstream === undefined)).toBe(1);
  expect(proxy.count(({ path }) => path === "sys/mounts")).toBe(2);
});

it("finds no lease to renew, as Vault says it of an unknown one, and passes all else", async () => {
  const unknown = { lease_id: "mysql/creds/todo/none" };
  const base = await upstream();
  const own = await write("sys/leases/renew", unknown, base);
  proxy.answer("lease not found");
  const told = await write("sys/leases/renew", unknown);
  expect({ status: told.status, body: await told.json() }).toEqual({ status: own.status, body: await own.json() });
  expect((await read("sys/mounts")).status).toBe(200);
  expect(proxy.requests.map(({ upstream }) => upstream)).toEqual([undefined, 200]);
});

it("answers what is not JSON", async () => {
  proxy.answer("garbage");
  const answer = await read("sys/mounts");
  expect(answer.status).toBe(200);
  await expect(answer.json()).rejects.toThrow(SyntaxError);
});

it("breaks off in the middle of an answer; Vault has done what was asked", async () => {
  proxy.answer("half a body");
  const policy = 'path "secret/*" { capabilities = ["read"] }';
  const answer = await read("sys/mounts");
  expect(answer.status).toBe(200);
  await expect(answer.text()).rejects.toThrow("terminated");
  await expect(write("sys/policies/acl/half", { policy })).rejects.toThrow("fetch failed");
  expect((await read("sys/policies/acl/half", await upstream())).status).toBe(200);
  expect(proxy.requests[0]).toEqual({ path: "sys/mounts", fault: "half a body", status: undefined, upstream: 200 });
});

it("takes a request and never answers; close() cuts it", async () => {
  proxy.answer("nothing");
  const waiting = read("sys/mounts");
  const first = await Promise.race([waiting, read("sys/mounts", await upstream())]);
  expect(first.url).toContain(await upstream());
  proxy.pass();
  expect((await read("sys/mounts")).status).toBe(200);
  const cut = expect(waiting).rejects.toThrow("fetch failed");
  await proxy.close();
  await cut;
  proxy = await VaultProxy.start({ upstream });
});

it("cuts the connection while nobody leads", async () => {
  upstream = () => Promise.reject(new Error("no node leads"));
  await expect(read("sys/mounts")).rejects.toThrow("fetch failed");
});
