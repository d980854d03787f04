import { Resolver } from "node:dns/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { http } from "../src/http.ts";
import { type Consul, requireLeg, startConsul } from "../src/index.ts";

const missing = await requireLeg("consul");

async function members(consul: Consul): Promise<string[]> {
  const token = consul.bootstrapToken;
  const headers = token && { "X-Consul-Token": token.reveal() };
  const answer = await http({ url: `${consul.address}/v1/catalog/nodes`, headers });
  if (answer.status !== 200) throw new Error(answer.text);
  return (answer.json() as { Node: string }[]).map(({ Node }) => Node).sort();
}

describe.skipIf(missing)("a Consul server and a client agent", () => {
  let server: Consul;
  let agent: Consul;
  beforeAll(async () => {
    server = await startConsul();
    agent = await startConsul({ mode: "client", join: server });
  });
  afterAll(() => Promise.all([agent.close(), server.close()]));

  test("are two nodes of one catalog, answered by either", async () => {
    expect(await members(server)).toEqual(["agent", "consul"]);
    expect(await members(agent)).toEqual(["agent", "consul"]);
    expect([server.mode, agent.mode]).toEqual(["server", "client"]);
  });

  test("answer DNS", async () => {
    const resolver = new Resolver();
    resolver.setServers([agent.dnsAddress]);
    expect(await resolver.resolve4("consul.service.consul")).toEqual(["127.0.0.1"]);
  });

  test("the agent, killed and restarted, is back in the catalog", async () => {
    await agent.kill();
    await expect(members(agent)).rejects.toThrow("ECONNREFUSED");
    await agent.restart();
    expect(await members(agent)).toEqual(["agent", "consul"]);
  });

  test("the server keeps its data when it is killed, and the agent finds it again", async () => {
    const url = `${server.address}/v1/kv/colour`;
    await http({ url, method: "PUT", body: "blue" });
    await server.kill();
    await server.restart();
    expect((await http({ url: `${url}?raw` })).text).toBe('"blue"');
    await expect.poll(() => members(agent).catch(String), { timeout: 2_000 }).toEqual(["agent", "consul"]);
  });

  test("the server starts again while its client is frozen", async () => {
    await agent.pause();
    await server.restart();
    await agent.resume();
    expect(await members(server)).toContain("consul");
  });

  test("the server, paused, answers nothing; resumed, it answers", async () => {
    await server.pause();
    const asked = members(server);
    await server.resume();
    expect(await asked).toContain("consul");
  });

  test("a service that is registered at the agent passes at once, fails when nobody listens, survives a restart", async () => {
    await agent.register({ name: "nobody", address: "127.0.0.1", port: 1, interval: "2s" });
    const checks = async (): Promise<string[]> => {
      const answer = await http({ url: `${agent.address}/v1/health/checks/nobody` });
      return (answer.json() as { Status: string }[]).map(({ Status }) => Status);
    };
    // The agent tells the server in its own time, well before its first check.
    await expect.poll(checks, { timeout: 1_500 }).toEqual(["passing"]);
    await expect.poll(checks, { timeout: 8_000 }).toEqual(["critical"]);
    await agent.kill();
    await agent.restart();
    expect(await checks()).toEqual(["critical"]);
    const wrong = agent.register({ name: "", address: "127.0.0.1", port: 1 });
    await expect(wrong).rejects.toMatchObject({ code: "REQUEST_FAILED" });
  });

  test("restart without waiting for readiness returns while there is no leader", async () => {
    await server.stop();
    await agent.restart({ ready: false });
    expect(agent.running).toBe(true);
    await server.restart();
    await agent.restart();
    expect(await members(agent)).toEqual(["agent", "consul"]);
  });

  test("a client without a server to join is an error", async () => {
    await expect(startConsul({ mode: "client" })).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await expect(startConsul({ join: server })).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  test("a configuration it doesn't take is an error with Consul's own words", async () => {
    const wrong = startConsul({ configuration: { no_such_key: 1 } });
    await expect(wrong).rejects.toMatchObject({
      code: "START_FAILED",
      message: expect.stringContaining("no_such_key"),
    });
  });
});

describe.skipIf(missing)("Consul with access control lists", () => {
  test("refuses what has no token, obeys the bootstrap token, and its client agent registers", async () => {
    await using server = await startConsul({ acl: true });
    await using agent = await startConsul({ mode: "client", join: server });
    expect(await members(agent)).toEqual(["agent", "consul"]);
    const anonymous = await http({ url: `${agent.address}/v1/kv/x`, method: "PUT", body: 1 });
    expect(anonymous.status).toBe(403);
    await server.restart();
    expect(await members(server)).toContain("consul");
    expect(`${server.bootstrapToken}`).toBe("[secret]");
    expect(server.log + agent.log).not.toContain(server.bootstrapToken?.reveal());
  });
});
