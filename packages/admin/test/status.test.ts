import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { consul as consulSource, Discovery } from "@minicluster/discovery";
import { type Consul, requireLeg, startConsul, startVault, type Vault } from "@minicluster/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clusterStatus } from "../src/cluster-status.ts";
import { initVault } from "../src/init-vault.ts";
import { unsealVault } from "../src/unseal-vault.ts";

const missing = (await requireLeg("consul")) ?? (await requireLeg("vault-1.11.0"));

/** What one instance answers: by method. */
type Behaviour = Partial<Record<"POST" | "DELETE", number | "hang" | "garbage">>;

/** A todo that misbehaves on demand, which the real one won't. */
async function startTodo(behaviour: Behaviour): Promise<{ server: Server; port: number; kept: Set<number> }> {
  const kept = new Set<number>();
  const server = createServer((request, response) => {
    const does = behaviour[request.method as "POST" | "DELETE"] ?? (request.method === "POST" ? 201 : 204);
    request.resume();
    if (does === "hang") return;
    if (does === "garbage") return void response.writeHead(201).end("<html>");
    if (request.method === "POST" && does === 201) {
      kept.add(7);
      return void response.writeHead(201).end(JSON.stringify({ id: 7, status: "test", content: "" }));
    }
    if (does === 204) kept.delete(Number(request.url?.split("/").at(-1)));
    response.writeHead(does).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port, kept };
}

describe.skipIf(missing)("status", () => {
  let consul: Consul;
  let vaults: Vault[] = [];
  let discovery: Discovery;
  const servers: Server[] = [];

  beforeAll(async () => {
    consul = await startConsul();
    vaults = await Promise.all(["vault0", "vault1"].map((name) => startVault({ storage: consul, name })));
    discovery = new Discovery({ source: consulSource({ address: consul.address }) });
  });
  afterAll(async () => {
    await discovery?.close();
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    await Promise.all(vaults.map((vault) => vault.close()));
    await consul?.close();
  });

  const ask = () => clusterStatus({ consul: { address: consul.address }, timeout: "1s" });

  async function announce(id: string, behaviour: Behaviour, status: "passing" | "critical" = "passing") {
    const todo = await startTodo(behaviour);
    servers.push(todo.server);
    const check = { ttl: "60s", status } as const;
    const announcement = discovery.announce({ service: "todo", id, address: "127.0.0.1", port: todo.port, check });
    await announcement.ready();
    return { ...todo, announcement };
  }

  test("a new cluster: nothing registered, nothing healthy", async () => {
    const addresses = vaults.map(({ address }) => address);
    const status = await clusterStatus({ consul: { address: consul.address }, vaults: addresses });
    expect(status.healthy).toBe(false);
    expect(status.consul.reachable).toBe(true);
    expect(status.vaults.map(({ state, code }) => [state, code])).toEqual([
      ["uninitialized", 501],
      ["uninitialized", 501],
    ]);
    expect(status.services).toEqual([{ service: "todo", healthy: false, instances: [] }]);
  });

  test("each node's seal, health and leader, found through Consul", async () => {
    const [first, second] = vaults.map(({ address }) => address) as [string, string];
    const made = await initVault({ address: first, shares: 1, threshold: 1 });
    if (made.done !== "created") throw new Error("initialised before");
    await unsealVault({ addresses: [first], keys: made.keys });
    const sealed = await clusterStatus({ consul: { address: consul.address }, vaults: [second] });
    expect(sealed.vaults[0]).toMatchObject({
      state: "sealed",
      code: 503,
      initialized: true,
      sealed: true,
      leader: undefined,
    });
    await unsealVault({ addresses: [second], keys: made.keys });
    await expect
      .poll(async () => (await ask()).vaults.map(({ state }) => state).sort(), { timeout: 20_000 })
      .toEqual(["active", "standby"]);
    const { vaults: nodes } = await ask();
    const active = nodes.find(({ state }) => state === "active");
    expect(nodes.map(({ leader }) => leader)).toEqual([active?.address, active?.address]);
    expect(active).toMatchObject({ code: 200, version: "1.11.0", sealed: false });
  });

  test("a passing instance that does its work makes the service healthy, and keeps nothing of the test", async () => {
    const todo = await announce("todo0", {});
    await expect.poll(async () => (await ask()).healthy).toBe(true);
    expect(todo.kept.size).toBe(0);
    await todo.announcement.close();
  });

  test.each<[string, Behaviour, RegExp]>([
    ["creating fails", { POST: 503 }, /^POST \/todo answered 503/],
    ["deleting fails", { DELETE: 500 }, /^DELETE \/todo\/7 answered 500; it is still there/],
    ["it hangs", { POST: "hang" }, /^trying todo1: no answer within 1000 ms/],
    ["it answers garbage", { POST: "garbage" }, /^POST \/todo answered 201/],
  ])("a passing instance is not healthy when %s", async (_name, behaviour, reason) => {
    const todo = await announce("todo1", behaviour);
    await expect.poll(async () => (await ask()).services[0]?.instances.length).toBe(1);
    const { healthy, services } = await ask();
    expect(healthy).toBe(false);
    expect(services[0]?.instances[0]).toMatchObject({
      status: "passing",
      test: "failed",
      reason: expect.stringMatching(reason),
    });
    await todo.announcement.close();
  });

  test("a critical instance is shown and not tried", async () => {
    const todo = await announce("todo2", {}, "critical");
    await expect.poll(async () => (await ask()).services[0]?.instances.length).toBe(1);
    const { healthy, services } = await ask();
    expect(healthy).toBe(false);
    expect(services[0]?.instances[0]).toMatchObject({ id: "todo2", status: "critical", test: "skipped" });
    await todo.announcement.close();
  });

  test("a Consul that can't be reached is part of the answer", async () => {
    const [first] = vaults.map(({ address }) => address);
    const status = await clusterStatus({ consul: { address: "127.0.0.1:1" }, vaults: [first ?? ""], timeout: "500ms" });
    expect(status.consul).toMatchObject({ reachable: false, reason: expect.stringContaining("127.0.0.1:1") });
    expect(status.vaults).toHaveLength(1);
    expect(status.healthy).toBe(false);
  });

  test("a service's name that is none is an error", async () => {
    await expect(clusterStatus({ services: ["to do"] })).rejects.toMatchObject({ code: "ADMIN_INVALID_OPTION" });
  });
});
