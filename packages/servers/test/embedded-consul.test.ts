import { once } from "node:events";
import { connect } from "node:net";
import { ManualClock } from "@minicluster/core/testing";
import { type Consul, startConsul, startEmbeddedConsul } from "@minicluster/servers";
import { afterEach, expect, it } from "vitest";

const running: Consul[] = [];

async function start(options: Parameters<typeof startEmbeddedConsul>[0] = {}): Promise<Consul> {
  const consul = await startEmbeddedConsul(options);
  running.unshift(consul);
  return consul;
}

afterEach(async () => {
  for (const consul of running.splice(0)) await consul.close();
});

async function ask(consul: Consul, path: string, body?: unknown): Promise<unknown> {
  const init = body === undefined ? {} : { method: "PUT", body: body === "" ? null : JSON.stringify(body) };
  const text = await (await fetch(consul.address + path, init)).text();
  return /^[[{]/.test(text) ? JSON.parse(text) : text;
}

const outputs = async (consul: Consul): Promise<string[]> =>
  ((await ask(consul, "/v1/health/checks/web")) as { Output: string }[]).map(({ Output }) => Output);

it("says in its log that it is not for production", async () => {
  const server = await start();
  expect(server.log).toContain("not for production");
  expect([server.pid, server.version, server.mode]).toEqual([undefined, "1.8.7", "server"]);
});

it("refuses options that don't go together", async () => {
  await expect(startEmbeddedConsul({ mode: "client" })).rejects.toMatchObject({ code: "INVALID_OPTION" });
  const server = await start();
  await expect(startEmbeddedConsul({ join: server })).rejects.toMatchObject({ code: "INVALID_OPTION" });
  const agent = await start({ mode: "client", join: server });
  await expect(startEmbeddedConsul({ mode: "client", join: agent })).rejects.toMatchObject({ code: "INVALID_OPTION" });
  await expect(startConsul({ mode: "client" })).rejects.toMatchObject({ code: "INVALID_OPTION" });
});

it("keeps who asks waiting until it leads", async () => {
  const clock = new ManualClock();
  const server = await start({ clock, election: "3s" });
  let answered = false;
  const leader = ask(server, "/v1/status/leader").then((text) => {
    answered = true;
    return text;
  });
  await clock.advance(2_999);
  await ask(server, "/v1/agent/self");
  expect(answered).toBe(false);
  await clock.advance(1);
  expect(await leader).toMatch(/:\d+"$/);
});

it("brings an output that changes without the status to the catalog minutes later", async () => {
  const clock = new ManualClock();
  const server = await start({ clock });
  await ask(server, "/v1/agent/service/register", { Name: "web", Check: { TTL: "24h", Status: "passing" } });
  await ask(server, "/v1/agent/check/pass/service:web?note=first", "");
  await clock.advance(149_000);
  expect(await outputs(server)).toEqual([""]);
  await clock.advance(302_000);
  expect(await outputs(server)).toEqual(["first"]);
});

it("takes away a service that was critical for longer than it may be", async () => {
  const clock = new ManualClock();
  const server = await start({ clock });
  const check = { TTL: "24h", DeregisterCriticalServiceAfter: "2m" };
  await ask(server, "/v1/agent/service/register", { Name: "web", Check: check });
  await clock.advance(600_000);
  await ask(server, "/v1/agent/check/fail/service:web", "");
  await clock.advance(119_000);
  expect(Object.keys((await ask(server, "/v1/agent/services")) as object)).toEqual(["web"]);
  await clock.advance(60_000);
  expect(await ask(server, "/v1/agent/services")).toEqual({});
  expect(await ask(server, "/v1/catalog/service/web")).toEqual([]);
});

it("takes another agent of the same name for the one that follows a dead one", async () => {
  const server = await start();
  const first = await start({ mode: "client", name: "node", join: server });
  await ask(first, "/v1/agent/service/register", { Name: "web" });
  await first.close();
  const second = await start({ mode: "client", name: "node", join: server });
  const node = ((await ask(server, "/v1/catalog/node/node")) as { Node: { ID: string }; Services: object }) ?? {};
  const self = (await ask(second, "/v1/agent/self")) as { Config: { NodeID: string } };
  expect(node.Node.ID).toBe(self.Config.NodeID);
  expect(node.Services).toEqual({});
});

it("leaves no timer behind, in whatever order its agents are closed", async () => {
  const clock = new ManualClock();
  const server = await start({ clock });
  const agent = await start({ mode: "client", join: server, clock });
  await ask(agent, "/v1/agent/service/register", {
    Name: "web",
    Checks: [{ TTL: "10s" }, { TCP: "127.0.0.1:1", Interval: "10s" }],
  });
  const waiting = ask(agent, "/v1/health/service/web?index=1000").catch(() => "cut");
  await ask(agent, "/v1/agent/self");
  await server.close();
  await agent.close();
  expect(await waiting).toMatch(/cut|EOF/);
  await clock.advance(0);
  expect(clock.pending).toBe(0);
});

it("answers a thousand that wait on one change", async () => {
  const server = await start();
  await ask(server, "/v1/agent/service/register", { Name: "web" });
  const { headers } = await fetch(`${server.address}/v1/health/service/web`);
  const index = headers.get("x-consul-index");
  const path = `/v1/health/service/web?index=${index}&wait=60s`;
  const waiting = Promise.all(Array.from({ length: 1_000 }, () => ask(server, path)));
  await ask(server, "/v1/agent/service/register", { Name: "other" });
  await ask(server, "/v1/agent/service/register", { Name: "web", Port: 1 });
  expect((await waiting).length).toBe(1_000);
});

it("answers what is no HTTP, too large, or cut short, and goes on", async () => {
  const server = await start();
  const large = await fetch(`${server.address}/v1/agent/service/register`, {
    method: "PUT",
    body: JSON.stringify({ Name: "x".repeat(2_000_000) }),
  });
  expect(large.status).toBe(413);
  const deep = await fetch(`${server.address}/v1/agent/service/register`, { method: "PUT", body: "[".repeat(100_000) });
  expect([deep.status, await deep.text()]).toEqual([400, "Request decode failed: exceeded max depth"]);
  const { hostname, port } = new URL(server.address);
  for (const half of [
    "PUT /v1/agent/service/register HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{",
    "PUT /v1",
    "\0",
  ]) {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    await new Promise((resolve) => socket.write(half, resolve));
    socket.destroy();
    await once(socket, "close");
  }
  expect(await ask(server, "/v1/agent/services")).toEqual({});
  expect(server.running).toBe(true);
});
