import type { IncomingMessage, ServerResponse } from "node:http";
import { inspect } from "node:util";
import { Secret } from "@minicluster/core";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { consul, Discovery, type DiscoveryEvents } from "../src/index.ts";
import { answerHealth, closedPort, healthEntry, type LocalServer, serve } from "./making.ts";

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A discovery on a local server whose n-th answer is the n-th given; the last one is held, as by a blocking query. */
async function against(
  answers: Answer[],
  options: Parameters<typeof consul>[0] = {},
): Promise<[Discovery, LocalServer]> {
  let at = 0;
  const server = await serve((request, response) => answers[at++]?.(request, response));
  const discovery = new Discovery({ source: consul({ address: server.address, ...options }) });
  open.push(server, discovery);
  return [discovery, server];
}

function found(port: number, index = String(port)): Answer {
  return (_, response) => answerHealth(response, { body: [healthEntry({ port })], index });
}

function nextChange(discovery: Discovery): Promise<DiscoveryEvents["changed"]> {
  return discovery.events.once("changed");
}

describe("the loop outlives", () => {
  const faults: [string, Answer][] = [
    ["a 400", (_, response) => response.writeHead(400).end("Invalid index")],
    ["a 500", (_, response) => response.writeHead(500).end("No cluster leader")],
    ["a 429", (_, response) => response.writeHead(429).end()],
    ["a 403", (_, response) => response.writeHead(403).end("ACL not found")],
    ["a redirect", (_, response) => response.writeHead(307, { Location: "http://127.0.0.1:1/" }).end()],
    ["a body that is not JSON", (_, response) => answerHealth(response, { body: "<html>", index: "5" })],
    ["a body that is another JSON", (_, response) => answerHealth(response, { body: { errors: [] }, index: "5" })],
    ["a body of another type", (_, response) => response.setHeader("Content-Type", "text/html").end("[]")],
    ["no body", (_, response) => response.end()],
    [
      "an answer cut in mid-body",
      (_, response) => response.writeHead(200, { "Content-Length": 99 }).end("[") && response.destroy(),
    ],
    ["a connection closed without a word", (request) => void request.socket.destroy()],
    ["an answer without an index", (_, response) => answerHealth(response, { body: [healthEntry({ port: 1 })] })],
    ["an index of zero", (_, response) => answerHealth(response, { body: [healthEntry({ port: 1 })], index: "0" })],
    [
      "an index that is no number",
      (_, response) => answerHealth(response, { body: [healthEntry({ port: 1 })], index: "-7x" }),
    ],
  ];

  it.each(faults)("%s", async (_, fault) => {
    const [discovery] = await against([found(1), fault, found(2)]);
    const ports: (number | undefined)[] = [];
    discovery.events.on("changed", ({ instances }) => ports.push(instances[0]?.port));
    await discovery.resolve("web");
    while (ports.at(-1) !== 2) await nextChange(discovery);
    expect(ports).toEqual([1, 2]);
  });

  it("an answer that stops in mid-body and stays open, at its deadline", async () => {
    const stuck: Answer = (_, response) => {
      response.writeHead(200, { "Content-Type": "application/json" }).write("[");
    };
    const [discovery] = await against([found(1), stuck, found(2)], { wait: "20ms", timeout: "200ms" });
    await discovery.resolve("web");
    expect((await nextChange(discovery)).instances[0]?.port).toBe(2);
  });

  it("anything at all (400 random answers)", async () => {
    const answer = fc.record({
      status: fc.constantFrom(200, 200, 200, 204, 400, 404, 429, 500, 503),
      type: fc.constantFrom("application/json", "text/plain", ""),
      index: fc.option(
        fc.oneof(fc.nat().map(String), fc.string({ unit: "binary-ascii" }), fc.constant("9".repeat(30))),
      ),
      body: fc.oneof(
        fc.json(),
        fc.string(),
        fc.constant(JSON.stringify([healthEntry()])),
        fc.jsonValue().map((value) => JSON.stringify([{ Node: value, Service: value, Checks: value }])),
      ),
    });
    const answers = fc.sample(answer, 400);
    let at = 0;
    const server = await serve((_, response) => {
      const next = answers[at++];
      if (!next) return answerHealth(response, { body: [healthEntry({ port: 7_777 })], index: "1" });
      const index = next.index?.replace(/[^\x20-\x7e]/g, "");
      const headers = { "Content-Type": next.type, ...(index ? { "X-Consul-Index": index } : {}) };
      response.writeHead(next.status, headers).end(next.status === 204 ? "" : next.body);
    });
    const sources = Array.from({ length: 8 }, () => new Discovery({ source: consul({ address: server.address }) }));
    open.push(server, ...sources);
    const watches = sources.flatMap((discovery) => Array.from({ length: 5 }, (_, web) => discovery.watch(`web${web}`)));
    while (watches.some(({ current }) => current[0]?.port !== 7_777)) {
      for (const discovery of sources) discovery.nudge();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(at).toBeGreaterThanOrEqual(400);
  });
});

describe("a query", () => {
  it("waits beyond the index it knows, and starts anew after a lost connection", async () => {
    const lost: Answer = (request) => void request.socket.destroy();
    const [discovery, { requests }] = await against([found(7), lost, found(8)]);
    await discovery.resolve("web");
    await nextChange(discovery);
    const urls = requests.slice(0, 3).map(({ url }) => url);
    expect(urls).toEqual([
      "/v1/health/service/web",
      "/v1/health/service/web?index=7&wait=30000ms",
      "/v1/health/service/web",
    ]);
  });

  it("is sent with the token of the moment, which shows in no error", async () => {
    const tokens = ["token-one", "token-two"];
    const echo: Answer = ({ headers }, response) => response.writeHead(403).end(`no: ${headers["x-consul-token"]}`);
    const [discovery, { requests }] = await against([echo, found(1)], {
      token: () => new Secret(tokens.shift() ?? "last"),
    });
    const error = await discovery.resolve("web").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CONSUL_REFUSED", kind: "refused" });
    expect(inspect(error, { depth: 20 })).not.toContain("token-one");
    await nextChange(discovery);
    expect(requests.map(({ headers }) => headers["x-consul-token"]).slice(0, 2)).toEqual(["token-one", "token-two"]);
  });

  it("asks for what is near", async () => {
    const [discovery, { requests }] = await against([found(1)]);
    await discovery.resolve("web", { near: "_agent" });
    expect(requests[0]?.url).toBe("/v1/health/service/web?near=_agent");
  });
});

describe("with nobody at the agent's address", () => {
  it("an error names service and agent, within the deadline", async () => {
    const address = `127.0.0.1:${await closedPort()}`;
    const discovery = new Discovery({ source: consul({ address }) });
    open.push(discovery);
    const began = performance.now();
    await expect(discovery.resolve("web", { timeout: "300ms" })).rejects.toMatchObject({
      code: "CONSUL_UNREACHABLE",
      message: expect.stringMatching(new RegExp(`looking up web: no answer from Consul at http://${address} in time`)),
    });
    expect(performance.now() - began).toBeLessThan(1_000);
    await expect(discovery.node("n1")).rejects.toMatchObject({ code: "CONSUL_UNREACHABLE" });
  });
});

describe("a node", () => {
  const known: Answer = (_, response) =>
    answerHealth(response, { body: { Node: { Node: "n1", Address: "10.0.0.7" } } });

  it("keeps its last good address while Consul is away", async () => {
    const [discovery] = await against([known, (request) => void request.socket.destroy()]);
    expect(await discovery.node("n1")).toBe("10.0.0.7");
    expect(await discovery.node("n1")).toBe("10.0.0.7");
  });

  it.each([["null"], ["{}"], ['{"Node":null}'], ["[]"]])("is unknown where Consul says %s", async (body) => {
    const [discovery] = await against([(_, response) => answerHealth(response, { body })]);
    await expect(discovery.node("n1")).rejects.toMatchObject({ code: "NODE_UNKNOWN" });
  });
});

describe("beyond 100 watched services", () => {
  it("says so once, and polls those that are too many", async () => {
    let blocked = 0;
    const server = await serve((request, response) => {
      const blocking = request.url?.includes("index=") === true;
      if (blocking) blocked += 1;
      else answerHealth(response, { body: [healthEntry()], index: "5" });
    });
    const discovery = new Discovery({ source: consul({ address: server.address }) });
    open.push(server, discovery);
    const warnings: string[] = [];
    const hear = (warning: Error): void => void warnings.push(warning.message);
    process.on("warning", hear);
    await Promise.all(Array.from({ length: 120 }, (_, at) => discovery.resolve(`web${at}`)));
    while (blocked < 100) await new Promise((resolve) => setImmediate(resolve));
    expect(await discovery.resolve("web119")).toHaveLength(1);
    process.off("warning", hear);
    expect(warnings.filter((warning) => warning.includes("100 services"))).toHaveLength(1);
    expect(warnings.filter((warning) => warning.includes("leak"))).toEqual([]);
    expect(blocked).toBe(100);
  });

  it("180 of them take no more than 150 connections, at the start neither", async () => {
    let most = 0;
    const server = await serve(async (request, response) => {
      most = Math.max(most, await server.connections());
      if (request.url?.includes("index=") !== true) answerHealth(response, { body: [healthEntry()], index: "5" });
    });
    // How long so many answers take is not the question.
    const discovery = new Discovery({ source: consul({ address: server.address, timeout: "50s" }), timeout: "50s" });
    open.push(server, discovery);
    const found = await Promise.all(Array.from({ length: 180 }, (_, at) => discovery.resolve(`web${at}`)));
    expect(found.every((instances) => instances.length === 1)).toBe(true);
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThanOrEqual(150);
  });
});

describe("after close()", () => {
  it("no connection is left", async () => {
    const [discovery, server] = await against([found(1)]);
    await discovery.resolve("web");
    expect(await server.connections()).toBeGreaterThan(0);
    await discovery.close();
    while ((await server.connections()) > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
