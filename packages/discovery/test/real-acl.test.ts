import { Secret } from "@minicluster/core";
import { type Consul, requireLeg, startConsul } from "@minicluster/servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consul, Discovery } from "../src/index.ts";

const missing = await requireLeg("consul");

/** The least that suffices for a service `web` which looks up `billing`; the README shows the same. */
const policy = `
service "web"     { policy = "write" }
service "billing" { policy = "read" }
node_prefix ""    { policy = "read" }
`;

let server: Consul;

beforeAll(async () => {
  if (!missing) server = await startConsul({ acl: true });
});

afterAll(async () => {
  await server?.close();
});

async function put(path: string, body: unknown): Promise<Record<string, string>> {
  const headers = { "X-Consul-Token": server.bootstrapToken?.reveal() ?? "" };
  const answer = await fetch(server.address + path, { method: "PUT", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (answer.headers.get("content-type")?.includes("json") ? await answer.json() : {}) as Record<string, string>;
}

async function tokenFor(name: string, rules: string): Promise<Secret> {
  await put("/v1/acl/policy", { Name: name, Rules: rules });
  const { SecretID = "" } = await put("/v1/acl/token", { Policies: [{ Name: name }] });
  return new Secret(SecretID);
}

describe.skipIf(missing)("under ACLs with default policy deny", () => {
  it("the documented policy suffices to announce, heal, drain, deregister and look up", async () => {
    await put("/v1/agent/service/register", { Name: "billing", Port: 80 });
    const token = await tokenFor("web", policy);
    await using discovery = new Discovery({ source: consul({ address: server.address, token }) });
    const failures: unknown[] = [];
    discovery.events.on("failed", ({ error }) => failures.push(error));
    expect(await discovery.resolve("billing")).toHaveLength(1);
    expect(await discovery.node("consul")).toBe("127.0.0.1");

    const announcement = discovery.announce({
      service: "web",
      port: 8080,
      check: { http: "http://127.0.0.1:1/", interval: "30s", status: "passing" },
    });
    using watch = discovery.watch("web");
    expect(await watch.available()).toHaveLength(1);
    const registered = announcement.events.once("registered");
    await put(`/v1/agent/service/deregister/${announcement.id}`, {});
    await registered;
    const beating = discovery.announce({ service: "web", port: 8081, check: { ttl: "10s" } });
    await beating.ready();
    await announcement.drain();
    while (watch.current.length > 1) await watch.events.once("changed");
    await announcement.close();
    await beating.close();
    while (watch.current.length > 0) await watch.events.once("changed");
    expect(failures).toEqual([]);
  });

  it("after the agent restarted, the same policy suffices to be passing again", async () => {
    const token = await tokenFor("web-again", policy);
    await using discovery = new Discovery({ source: consul({ address: server.address, token }) });
    const check = { http: "http://127.0.0.1:1/", interval: "30s", status: "passing" } as const;
    const announcement = discovery.announce({ service: "web", port: 8080, check });
    await announcement.events.once("registered");
    using watch = discovery.watch("web", { status: "any" });
    await watch.available();
    const returned = announcement.events.once("registered");
    await server.kill();
    await server.restart();
    expect((await returned).reason).toBe("agent returned");
    while (watch.current[0]?.status !== "passing") await watch.events.once("changed");
  });

  it("a service that the token may not read is unknown, with a hint", async () => {
    const token = await tokenFor("web-blind", 'node_prefix "" { policy = "read" }');
    await using discovery = new Discovery({ source: consul({ address: server.address, token }) });
    await expect(discovery.resolve("billing")).rejects.toMatchObject({
      code: "SERVICE_UNKNOWN",
      message: expect.stringContaining("may this token read it?"),
    });
  });

  it("a token that is not known is refused, and the next one is picked up", async () => {
    let token = new Secret("11111111-2222-3333-4444-555555555555");
    await using discovery = new Discovery({ source: consul({ address: server.address, token: () => token }) });
    const announcement = discovery.announce({ service: "web", port: 8080 });
    const failed = announcement.events.once("failed");
    await expect(discovery.resolve("billing")).rejects.toMatchObject({ code: "CONSUL_REFUSED", kind: "refused" });
    const { error } = await failed;
    expect(error).toMatchObject({ code: "CONSUL_REFUSED" });
    expect(String(error)).not.toContain(token.reveal());
    token = await tokenFor("web-next", policy);
    using watch = discovery.watch("billing");
    await watch.available();
    await announcement.ready();
  });
});
