import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { sleep, systemClock } from "@minicluster/core";
import { type ProcessHandle, startProcess } from "@minicluster/servers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../e2e/eventually.ts";
import { FarNetwork, type Lost } from "./far-network.ts";
import { isInOwnNetwork, missingForOwnNetwork } from "./own-network.ts";
import { runInOwnNetwork } from "./own-network-run.ts";

const own = await isInOwnNetwork();
const missing = own ? undefined : await missingForOwnNetwork();

/** Connects to the port that it is given, sends a number every 20 ms, and prints what comes back, and errors by name. */
const client = `
  const socket = require("node:net").connect(Number(process.argv[1]), "127.0.0.1").setNoDelay();
  socket.on("connect", () => console.log("connected"));
  socket.on("error", (error) => console.log(error.code));
  socket.on("data", (chunk) => console.log(String(chunk).trim()));
  let n = 0;
  setInterval(() => socket.write((n += 1) + "\\n"), 20);
`;

if (own) describe("in a network of its own", inOwnNetwork);
else describe("in the machine's own network", inMachinesNetwork);

function inMachinesNetwork(): void {
  it("nothing is changed", async () => {
    await expect(FarNetwork.start()).rejects.toThrow("not in a network of its own");
  });

  it("the rest of this file passes in one of its own", { timeout: 60_000 }, async ({ skip }) => {
    if (missing) skip(missing);
    expect(await runInOwnNetwork({ project: "real", file: import.meta.url })).toBe(0);
    expect(existsSync("/run/netns") ? readdirSync("/run/netns") : []).toEqual([]);
  });
}

function inOwnNetwork(): void {
  let far: FarNetwork;
  let server: Server;
  let port: number;
  const seen: string[] = [];
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    far = await FarNetwork.start();
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        seen.push(`${chunk}`);
        socket.write(chunk);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });

  afterEach(() => far.mend());

  afterAll(async () => {
    await far?.close();
    for (const socket of sockets) socket.destroy();
    server?.close();
  });

  it("a far process reaches 127.0.0.1 of this network, as 10.77.0.2", async () => {
    await using caller = await call(far, port);
    await printed(caller, "3");
    expect([...sockets].at(-1)?.remoteAddress).toBe("10.77.0.2");
  });

  it("a far process is reached on its own address", async () => {
    const listen = 'require("node:http").createServer((_, answer) => answer.end("far")).listen(8080, "10.77.0.2")';
    await using server = await startProcess({
      name: "far-server",
      ...far.inside({ command: process.execPath, args: ["-e", listen] }),
      ready: async () => (await fetch(`http://${far.address}:8080/`)).ok,
    });
    expect(server.running).toBe(true);
    expect(await (await fetch(`http://${far.address}:8080/`)).text()).toBe("far");
  });

  it.for<[Lost, boolean]>([
    ["requests", false],
    ["answers", true],
    ["both", false],
  ])(
    "with %s lost, an open connection falls silent without an error, a new one is not made, and both go on when mended",
    async ([lost, arrives]) => {
      await using open = await call(far, port);
      await printed(open, "3");
      await far.cut({ ports: [port], lost });
      const before = { lines: open.lines().length, seen: seen.length };
      await using fresh = await call(far, port);
      await sleep(systemClock, 500);
      // One more of each may have been on its way.
      expect(open.lines().length - before.lines).toBeLessThanOrEqual(1);
      expect(seen.length - before.seen > 3).toBe(arrives);
      expect(fresh.log).toBe("");
      await far.mend();
      await printed(open, `${before.lines + 20}`);
      await printed(fresh, "3");
      expect([...open.lines(), ...fresh.lines()].filter((line) => /^E/.test(line))).toEqual([]);
    },
  );

  it("other ports are not cut", async () => {
    await far.cut({ ports: [port + 1], lost: "both" });
    await using caller = await call(far, port);
    await printed(caller, "3");
    await far.mend();
  });

  it("there is one far network at a time; after close() there may be another one", async () => {
    await expect(FarNetwork.start()).rejects.toThrow("not in a network of its own");
    await far.close();
    expect(await isInOwnNetwork()).toBe(true);
    far = await FarNetwork.start();
    await using caller = await call(far, port);
    await printed(caller, "3");
  });
}

/** The client as a far process, and what it printed. */
async function call(far: FarNetwork, port: number): Promise<ProcessHandle & { lines: () => string[] }> {
  const line = far.inside({ command: process.execPath, args: ["-e", client, `${port}`] });
  const caller = await startProcess({ name: "caller", ...line });
  return Object.assign(caller, { lines: () => caller.log.trim().split("\n") });
}

async function printed(caller: ProcessHandle, text: string): Promise<void> {
  await eventually(
    `${caller.name} prints ${text}`,
    20_000,
    async () => caller.log.split("\n").includes(text) || undefined,
  );
}
