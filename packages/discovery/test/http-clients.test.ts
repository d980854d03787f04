import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import { Agent, getGlobalDispatcher, request, setGlobalDispatcher } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Discovery, fixed } from "../src/index.ts";
import { serviceOfHost } from "../src/service-host.ts";
import { closedPort, type LocalServer, serve } from "./making.ts";

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const echo: Answer = (incoming, response) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    const { method, url, headers, socket } = incoming;
    const sni = (socket as TLSSocket).servername;
    response.end(JSON.stringify({ method, url, host: headers.host, sni, body: Buffer.concat(chunks).toString() }));
  });
};

/** Reads the whole request, then drops the connection: the client can't know what became of it. */
const drop: Answer = (incoming) => {
  incoming.on("data", () => {}).on("end", () => incoming.socket.destroy());
};

async function listening(answer: Answer): Promise<LocalServer> {
  const server = await serve(answer);
  open.push(server);
  return server;
}

/** A discovery that knows `web` at these ports, asked in this order. */
function knowing(ports: number[], options: Partial<ConstructorParameters<typeof Discovery>[0]> = {}): Discovery {
  const web = ports.map((port) => ({ address: "127.0.0.1", port, tags: [`p${port}`] }));
  const discovery = new Discovery({ source: fixed({ services: { web } }), random: () => 0.999_999, ...options });
  open.push(discovery);
  return discovery;
}

describe("a host name", () => {
  it.each([
    ["todo.service.consul", { service: "todo", tag: undefined }],
    ["Primary.MySQL.service.consul.", { service: "mysql", tag: "primary" }],
    ["todo.service.dc1.consul", undefined],
    ["service.consul", undefined],
    [".service.consul", undefined],
    ["a..todo.service.consul", undefined],
    ["todo.service.consul.example", undefined],
    ["todo.node.consul", undefined],
    ["127.0.0.1", undefined],
  ])("%s is %j", (name, service) => {
    expect(serviceOfHost(name)).toEqual(service);
  });
});

describe("fetch", () => {
  it("reaches an instance by the service's name and keeps that name as Host", async () => {
    const { port } = await listening(echo);
    const response = await knowing([port]).fetch("web")("/todo?limit=1", { method: "POST", body: "x" });
    expect(await response.json()).toEqual({
      method: "POST",
      url: "/todo?limit=1",
      host: "web.service.consul",
      body: "x",
    });
  });

  it.each(["GET", "POST", "PATCH"])(
    "tries the next distinct instance when connecting fails, for %s too",
    async (method) => {
      const { port, requests } = await listening(echo);
      const discovery = knowing([await closedPort(), await closedPort(), port]);
      const init = method === "GET" ? { method } : { method, body: "the body" };
      for (let at = 0; at < 6; at += 1) {
        const answer = await (await discovery.fetch("web")("/", init)).json();
        expect(answer).toMatchObject({ method, body: init.body ?? "" });
      }
      expect(requests).toHaveLength(6);
    },
  );

  it.each([
    ["GET", undefined],
    ["PUT", "the body"],
    ["DELETE", undefined],
  ])("sends %s again when the connection is lost before an answer", async (method, body) => {
    const dead = await listening(drop);
    const alive = await listening(echo);
    const discovery = knowing([dead.port, alive.port]);
    for (let at = 0; at < 4; at += 1) {
      const response = await discovery.fetch("web")("/", { method, ...(body === undefined ? {} : { body }) });
      expect(await response.json()).toMatchObject({ method, body: body ?? "" });
    }
    expect(dead.requests.length).toBeGreaterThan(0);
  });

  it.each(["POST", "PATCH"])("never sends %s twice", async (method) => {
    const servers = [await listening(drop), await listening(drop), await listening(drop)];
    const discovery = knowing(servers.map(({ port }) => port));
    await expect(discovery.fetch("web")("/", { method, body: "x" })).rejects.toThrow("fetch failed");
    expect(servers.flatMap(({ requests }) => requests)).toHaveLength(1);
  });

  it("does not send again what was answered in part", async () => {
    const half: Answer = (_, response) => {
      response.writeHead(200, { "Content-Length": 10 }).write("half");
      setImmediate(() => response.destroy());
    };
    const servers = [await listening(half), await listening(half)];
    const response = await knowing(servers.map(({ port }) => port)).fetch("web")("/");
    await expect(response.text()).rejects.toThrow();
    expect(servers.flatMap(({ requests }) => requests)).toHaveLength(1);
  });

  it("does not send again what the caller gave up", async () => {
    const silent = [await listening(() => {}), await listening(() => {})];
    const controller = new AbortController();
    const fetching = knowing(silent.map(({ port }) => port)).fetch("web")("/", { signal: controller.signal });
    while (silent.every(({ requests }) => requests.length === 0)) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error("enough"));
    await expect(fetching).rejects.toThrow("enough");
    expect(silent.flatMap(({ requests }) => requests)).toHaveLength(1);
  });

  it("fails with the last instance's error when all are dead, and with ours when there is none", async () => {
    const dead = knowing([await closedPort(), await closedPort()]);
    await expect(dead.fetch("web")("/")).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    await expect(dead.fetch("nobody")("/")).rejects.toMatchObject({ cause: { code: "SERVICE_UNKNOWN" } });
  });

  it("chooses by tag, and keeps to the service", async () => {
    const servers = [await listening(echo), await listening(echo)];
    const [one, two] = servers;
    const discovery = knowing(servers.map(({ port }) => port));
    for (let at = 0; at < 3; at += 1) await discovery.fetch("web", { tag: `p${two?.port}` })("/");
    expect([one?.requests.length, two?.requests.length]).toEqual([0, 3]);
    await expect(discovery.fetch("web")("http://elsewhere.example/")).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await expect(discovery.fetch("web")("//elsewhere.example/")).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  it("spreads requests over the instances", async () => {
    const servers = [await listening(echo), await listening(echo), await listening(echo)];
    const discovery = knowing(servers.map(({ port }) => port));
    for (let at = 0; at < 9; at += 1) await (await discovery.fetch("web")("/")).text();
    expect(servers.map(({ requests }) => requests.length)).toEqual([3, 3, 3]);
  });

  it("that is Node's own works through the global dispatcher, other hosts untouched", async () => {
    const { port } = await listening(echo);
    const before = getGlobalDispatcher();
    const discovery = knowing([await closedPort(), port]);
    const mine = new Agent();
    setGlobalDispatcher(mine.compose(discovery.interceptor()));
    try {
      for (let at = 0; at < 4; at += 1) {
        const response = await fetch("http://web.service.consul/a", { method: "POST", body: "b" });
        expect(await response.json()).toMatchObject({ host: "web.service.consul", body: "b" });
      }
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).json()).toMatchObject({ host: `127.0.0.1:${port}` });
    } finally {
      setGlobalDispatcher(before);
      await mine.destroy();
    }
  });
});

describe("the interceptor", () => {
  it("takes every form of headers and body that undici takes", async () => {
    const { port } = await listening(echo);
    const discovery = knowing([await closedPort(), port]);
    const mine = new Agent();
    const dispatcher = mine.compose(discovery.interceptor());
    const send = async (headers: unknown, body: unknown): Promise<unknown> => {
      const options = { dispatcher, method: "POST", headers: headers as Record<string, string>, body: body as string };
      return (await request("http://web.service.consul/", options)).body.json();
    };
    const named = { host: "web.service.consul" };
    expect(await send({ a: "b" }, "text")).toMatchObject({ ...named, body: "text" });
    expect(await send(["a", "b"], Buffer.from("bytes"))).toMatchObject({ ...named, body: "bytes" });
    expect(await send(new Headers({ a: "b" }), Readable.from(["str", "eam"]))).toMatchObject({
      ...named,
      body: "stream",
    });
    expect(await send({ Host: "other" }, "x")).toMatchObject({ host: "other" });
    expect(await send(["HOST", "other"], null)).toMatchObject({ host: "other", body: "" });
    expect(await send(null, undefined)).toMatchObject(named);
    await mine.destroy();
  });

  it("uses a port that the URL names", async () => {
    const { port } = await listening(echo);
    const mine = new Agent();
    const dispatcher = mine.compose(knowing([await closedPort()]).interceptor());
    const { body } = await request(`http://web.service.consul:${port}/`, { dispatcher });
    expect(await body.json()).toMatchObject({ host: `web.service.consul:${port}` });
    await mine.destroy();
  });

  it("says what is wrong with its options", () => {
    expect(() => knowing([]).interceptor({ attempts: 0 })).toThrow(/^attempts: /);
    expect(() => knowing([]).interceptor({ connectTimeout: 0 })).toThrow(/^connectTimeout: /);
  });
});

describe("the agent for node:http", () => {
  async function get(url: string, options: http.RequestOptions): Promise<{ host?: string }> {
    const get = url.startsWith("https:") ? https.get : http.get;
    return await new Promise((resolve, reject) => {
      const outgoing = get(url, options, (response) => {
        response.setEncoding("utf8");
        let text = "";
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve(JSON.parse(text)));
      });
      outgoing.on("error", reject);
    });
  }

  it("reaches a service by its name, past instances that are dead", async () => {
    const { port, requests } = await listening(echo);
    const discovery = knowing([await closedPort(), port, await closedPort()]);
    const agent = discovery.agent();
    for (let at = 0; at < 4; at += 1) {
      expect(await get("http://web.service.consul/", { agent })).toMatchObject({ host: "web.service.consul" });
    }
    expect(requests).toHaveLength(4);
    expect(await get(`http://127.0.0.1:${port}/`, { agent })).toMatchObject({ host: `127.0.0.1:${port}` });
    agent.destroy();
  });

  it("fails as connecting failed, or as the look-up did", async () => {
    const agent = knowing([await closedPort()]).agent();
    await expect(get("http://web.service.consul/", { agent })).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await expect(get("http://nobody.service.consul/", { agent })).rejects.toMatchObject({ code: "SERVICE_UNKNOWN" });
    agent.destroy();
  });
});

describe("over TLS", () => {
  let tls: { key: Buffer; cert: Buffer };
  let directory: string;
  let server: https.Server;
  let port: number;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "discovery-tls-"));
    const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
    const subject = ["-subj", "/CN=web", "-addext", "subjectAltName=DNS:web.service.consul"];
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    execFileSync("openssl", ["req", "-x509", ...newKey, ...subject, "-keyout", key, "-out", cert], { stdio: "pipe" });
    tls = { key: readFileSync(key), cert: readFileSync(cert) };
    server = https.createServer(tls, echo);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  });

  it("the service's name is asked for and checked, by fetch", async () => {
    const discovery = knowing([await closedPort(), port], { http: { tls: { ca: tls.cert } } });
    const response = await discovery.fetch("web", { secure: true })("/");
    expect(await response.json()).toMatchObject({ host: "web.service.consul", sni: "web.service.consul" });
  });

  it("the service's name is asked for and checked, by node:https", async () => {
    const discovery = knowing([await closedPort(), port]);
    const agent = discovery.agent({ secure: true, tls: { ca: tls.cert } });
    const answer = await new Promise<string>((resolve, reject) => {
      const outgoing = https.get("https://web.service.consul/", { agent }, (response) => {
        response.setEncoding("utf8").on("data", resolve);
      });
      outgoing.on("error", reject);
    });
    expect(JSON.parse(answer)).toMatchObject({ host: "web.service.consul", sni: "web.service.consul" });
    agent.destroy();
  });
});
