import { type Consul, requireLeg, startConsul } from "@minicluster/servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Discovery, dns } from "../src/index.ts";

const missing = await requireLeg("consul");

let server: Consul;
let discovery: Discovery;

beforeAll(async () => {
  if (missing) return;
  server = await startConsul();
  discovery = new Discovery({ source: dns({ address: server.dnsAddress, interval: "50ms" }) });
});

afterAll(async () => {
  await discovery?.close();
  await server?.close();
});

async function register(service: object): Promise<void> {
  const answer = await fetch(`${server.address}/v1/agent/service/register`, {
    method: "PUT",
    body: JSON.stringify(service),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

describe.skipIf(missing)("with a real Consul's DNS", () => {
  it("an SRV answer gives address and port, of the service itself or of its node", async () => {
    await register({ Name: "web", ID: "w1", Port: 8080 });
    await register({ Name: "web", ID: "w2", Port: 8081, Address: "10.1.2.3", Tags: ["blue"] });
    await register({ Name: "web", ID: "w3", Port: 8082, Address: "fd00::7" });
    const found = await discovery.resolve("web");
    expect(found.map(({ node, address, port }) => ({ node, address, port }))).toEqual(
      expect.arrayContaining([
        { node: "consul", address: "127.0.0.1", port: 8080 },
        { node: "10.1.2.3", address: "10.1.2.3", port: 8081 },
        { node: "fd00::7", address: "fd00::7", port: 8082 },
      ]),
    );
    expect(await discovery.resolve("web", { tag: "blue" })).toMatchObject([{ port: 8081, tags: ["blue"] }]);
    expect(await discovery.node("consul")).toBe("127.0.0.1");
  });

  it("what does not exist is unknown", async () => {
    await expect(discovery.resolve("nobody")).rejects.toMatchObject({ code: "SERVICE_UNKNOWN" });
    await expect(discovery.node("nobody")).rejects.toMatchObject({ code: "NODE_UNKNOWN" });
    expect(() => discovery.announce({ service: "web", port: 1 })).toThrow(/DNS at .* can't announce/);
  });

  it("no answer is trimmed: all of 150 instances are found", async () => {
    await Promise.all(
      Array.from({ length: 150 }, (_, at) =>
        register({ Name: "many", ID: `m${at}`, Port: 1_000 + at, Address: `10.0.1.${at}` }),
      ),
    );
    expect(await discovery.resolve("many")).toHaveLength(150);
  });

  it("a change is seen, and the last good list kept while the agent is away", async () => {
    using watch = discovery.watch("later");
    await watch.ready();
    await register({ Name: "later", ID: "l1", Port: 80 });
    await watch.available();
    const stale = discovery.events.once("stale");
    await server.kill();
    await stale;
    expect(watch.current).toHaveLength(1);
    const fresh = discovery.events.once("fresh");
    await server.restart();
    await fresh;
    expect(watch.current).toHaveLength(1);
  });
});
