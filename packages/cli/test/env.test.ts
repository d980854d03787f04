import { chmod, mkdir, mkdtemp, readdir, realpath, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chosen } from "../src/command-env.ts";
import { type DevAnswer, type DevRequest, parseAnswer, parseRequest } from "../src/dev-messages.ts";
import { DevSocket } from "../src/dev-socket.ts";
import type { RunningCluster } from "../src/running-clusters.ts";
import { runHere } from "./run-here.ts";

let runtime: string;
let folder: string;
beforeEach(async () => {
  runtime = await mkdtemp(join(tmpdir(), "env-"));
  folder = join(runtime, "minicluster");
});
afterEach(() => rm(runtime, { recursive: true, force: true }));

const asked: DevRequest[] = [];
function answer(request: DevRequest): Promise<DevAnswer> {
  asked.push(request);
  if (request.ask === "who") {
    return Promise.resolve({ who: { pid: process.pid, directory: process.cwd(), services: ["billing"] } });
  }
  if (request.ask === "operator") return Promise.resolve({ env: { VAULT_TOKEN: "root" } });
  if (request.service === "billing") return Promise.resolve({ env: { VAULT_APP_ID: "it's", A: "b c" } });
  const message = `${request.service}: not among the services (billing)`;
  return Promise.resolve({ error: { message, usage: request.service === "unknown" } });
}

const never = (reason: string): never => expect.unreachable(reason);
const open = (onRefused: (reason: string) => void = never) =>
  DevSocket.open({ env: { XDG_RUNTIME_DIR: runtime, TMPDIR: runtime }, onRefused, answer });
const env = (...args: string[]) => runHere(["env", ...args], { XDG_RUNTIME_DIR: runtime, TMPDIR: runtime });

describe("minicluster env", () => {
  test.each([
    [["billing"], "VAULT_APP_ID=it's\nA=b c\n"],
    [["billing", "--export"], "export VAULT_APP_ID='it'\\''s'\nexport A='b c'\n"],
    [["billing", "--dotenv"], "VAULT_APP_ID=`it's`\nA='b c'\n"],
    [["billing", "--json"], '{\n  "VAULT_APP_ID": "it\'s",\n  "A": "b c"\n}\n'],
    [["--operator"], "VAULT_TOKEN=root\n"],
    [["billing", "--operator"], "VAULT_TOKEN=root\nVAULT_APP_ID=it's\nA=b c\n"],
    [["billing", "--cluster", String(process.pid)], "VAULT_APP_ID=it's\nA=b c\n"],
  ])("%j prints it", async (args, stdout) => {
    await using _socket = await open();
    expect(await env(...args)).toEqual({ code: 0, stdout, stderr: "" });
  });

  test("a service that the cluster hasn't is a wrong argument; a cluster that can't answer is a failure", async () => {
    await using _socket = await open();
    const stderr = "minicluster: unknown: not among the services (billing)\n";
    expect(await env("unknown")).toEqual({ code: 2, stdout: "", stderr });
    expect((await env("broken")).code).toBe(1);
  });

  test("without a cluster it says how to start one", async () => {
    const { code, stdout, stderr } = await env("billing");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^minicluster: no cluster of yours is ready: start one with minicluster dev .*\n$/);
  });

  test("what a killed one left behind is taken away", async () => {
    await mkdir(folder, { mode: 0o700 });
    const dead = join(folder, "4711.sock");
    const server = createServer().listen(dead);
    await new Promise((listening) => server.once("listening", listening));
    // As SIGKILL leaves it: the file is there, and nobody listens.
    const kept = join(runtime, "kept");
    await rename(dead, kept);
    await new Promise((closed) => server.close(closed));
    await rename(kept, dead);
    await using _socket = await open();
    expect((await env("billing")).code).toBe(0);
    expect(await readdir(folder)).toEqual([`${process.pid}.sock`]);
  });

  test("a line that is no answer, or none at all, is an error", async () => {
    await mkdir(folder, { mode: 0o700 });
    const says = ['{"who":{"pid":7,"directory":"/","services":[]}}\n', "garbage\n"];
    const server = createServer((socket) => void socket.resume().end(says.shift() ?? "")).listen(
      join(folder, "7.sock"),
    );
    await new Promise((listening) => server.once("listening", listening));
    expect(await env("billing")).toMatchObject({
      code: 1,
      stderr: "minicluster: minicluster dev (process 7) gave no answer; is it of another version?\n",
    });
    await new Promise((closed) => server.close(closed));
  });
});

describe("the socket", () => {
  test("nobody else can reach it, and nothing is left of it", async () => {
    const socket = await open();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, `${process.pid}.sock`))).mode & 0o777).toBe(0o600);
    await socket?.[Symbol.asyncDispose]();
    expect(await readdir(runtime)).toEqual([]);
  });

  test("a directory that others can enter, a link, and a path that is too long are not used", async () => {
    const elsewhere = join(runtime, `minicluster-run-${userInfo().uid}`);
    await mkdir(folder);
    await chmod(folder, 0o755);
    await symlink(tmpdir(), elsewhere);
    const reasons: string[] = [];
    expect(await open((reason) => reasons.push(reason))).toBeUndefined();
    expect(reasons.join()).toMatch(/others than its owner can enter .*chmod 700.*is not a directory/);
    const long = join(runtime, "x".repeat(100));
    await mkdir(long);
    const refused = DevSocket.open({ env: { TMPDIR: long }, onRefused: (reason) => reasons.push(reason), answer });
    expect(await refused).toBeUndefined();
    expect(reasons.at(-1)).toMatch(/is too long for a socket$/);
  });

  test("env looks into no directory that others can enter", async () => {
    await using _socket = await open();
    await chmod(folder, 0o755);
    expect((await env("billing")).code).toBe(1);
  });

  test("where XDG_RUNTIME_DIR doesn't exist it lies among the temporary files", async () => {
    const settings = { XDG_RUNTIME_DIR: join(runtime, "none"), TMPDIR: runtime };
    await using socket = await DevSocket.open({ env: settings, onRefused: never, answer });
    expect(socket).toBeDefined();
    expect(await runHere(["env", "billing"], settings)).toMatchObject({ code: 0 });
  });

  test("whatever is sent, it answers a request or hangs up, and answers the next one", async () => {
    await using _socket = await open();
    const path = join(await realpath(folder), `${process.pid}.sock`);
    const sent = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(`${text}\n`)),
      fc.constant(Buffer.alloc(10_000, "x")),
    );
    await fc.assert(
      fc.asyncProperty(sent, async (bytes) => {
        asked.length = 0;
        const client = connect(path);
        client.on("error", () => {});
        client.end(bytes);
        const answered = await new Promise<string>((resolve) => {
          let text = "";
          client.on("data", (chunk) => (text += String(chunk)));
          client.on("close", () => resolve(text));
        });
        if (asked.length === 0) expect(answered).toBe("");
        else expect(parseAnswer(answered)).toBeDefined();
      }),
      { numRuns: 200 },
    );
    expect((await env("billing")).code).toBe(0);
  });
});

describe("which cluster is meant", () => {
  const at = (pid: number, directory: string): RunningCluster => ({ pid, directory, services: ["a"], path: "" });
  const here = process.cwd();
  test.each<[string, RunningCluster[], number | undefined, number | RegExp]>([
    ["the only one, wherever it is", [at(1, "/x")], undefined, 1],
    ["the one of this folder", [at(1, "/x"), at(2, here)], undefined, 2],
    ["the one named", [at(1, here), at(2, here)], 1, 1],
    ["two of this folder", [at(1, here), at(2, here)], undefined, /choose with --cluster PID: 1 in .*; 2 in /],
    ["two elsewhere", [at(1, "/x"), at(2, "/y")], undefined, /choose with --cluster PID: 1 in \/x \(a\); 2 in \/y/],
    ["one that isn't there", [at(1, "/x")], 3, /--cluster: 3 runs no cluster of yours; there are: 1 in \/x \(a\)/],
    ["none", [], undefined, /no cluster of yours is ready/],
  ])("%s", (_name, all, pid, expected) => {
    if (expected instanceof RegExp) expect(() => chosen(all, pid)).toThrow(expected);
    else expect(chosen(all, pid).pid).toBe(expected);
  });
});

describe("messages", () => {
  test("any line is a message or nothing", () => {
    const near = fc.record({ ask: fc.constantFrom("who", "env", 7), service: fc.anything(), who: fc.anything() });
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      near.map((value) => JSON.stringify(value) ?? ""),
    );
    fc.assert(
      fc.property(line, (text) => {
        const request = parseRequest(text);
        if (request?.ask === "env") expect(typeof request.service).toBe("string");
        const said = parseAnswer(text);
        if (said && "who" in said) expect(Number.isSafeInteger(said.who.pid)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test("what is said is understood", () => {
    const text = fc.string();
    const said: fc.Arbitrary<DevAnswer> = fc.oneof(
      fc.record({ who: fc.record({ pid: fc.nat(), directory: text, services: fc.array(text) }) }),
      fc.record({ env: fc.dictionary(text, text) }),
      fc.record({ error: fc.record({ message: text, usage: fc.boolean() }) }),
    );
    fc.assert(
      fc.property(
        said,
        (each) => void expect(parseAnswer(JSON.stringify(each))).toEqual(JSON.parse(JSON.stringify(each))),
      ),
    );
  });
});

test("a file in the directory that is no socket is left alone", async () => {
  await mkdir(folder, { mode: 0o700 });
  await writeFile(join(folder, "note"), "");
  await using _socket = await open();
  expect((await env("billing")).code).toBe(0);
  expect(await readdir(folder)).toContain("note");
});
