import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missing, seedLeg } from "./legs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** The processes whose command line or working directory names one of our temporary directories. */
async function ours(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (/minicluster-(?!todo\.js)[\w-]+|minicluster-todo\.js/.test(line)) found.push(line.replaceAll("\0", " "));
  }
  return found;
}

describe("npm start", () => {
  let dev: ChildProcess;
  let reason: string | undefined;
  let before: string[] = [];
  const lines: string[] = [];
  const curls: string[] = [];

  beforeAll(async () => {
    reason = await missing(seedLeg);
    if (reason) return;
    before = await ours();
    dev = spawn(process.execPath, ["scripts/start.mjs"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    await new Promise<void>((resolve, reject) => {
      const listen = (line: string): void => {
        lines.push(line);
        const curl = /^\s*(curl .*)$/.exec(line)?.[1];
        if (curl) curls.push(curl);
        if (curls.length === 5) resolve();
      };
      for (const stream of [dev.stdout, dev.stderr]) if (stream) createInterface({ input: stream }).on("line", listen);
      dev.once("exit", (code) => reject(new Error(`it ended with ${code}:\n${lines.join("\n")}`)));
    });
  });

  afterAll(() => void dev?.kill("SIGINT"));

  it("prints the seed's five curl lines, which give the seed's answers", async ({ skip }) => {
    if (reason) skip(reason);
    const answer = async (line: string | undefined): Promise<string> =>
      (await run("sh", ["-c", line ?? "false"], { timeout: 10_000 })).stdout;
    const [create = "", get, put, other = "", remove = ""] = curls;
    expect(curls.map((line) => line.replace(/127\.0\.0\.1:\d+/, "HOST"))).toEqual([
      `curl -X POST http://HOST/todo -d '{"status": "new", "content": "Hello World"}'`,
      "curl http://HOST/todo/1",
      `curl -X PUT http://HOST/todo/1 -d '{"status": "open", "content": "Hello Galaxy"}'`,
      "curl http://HOST/todo/1",
      "curl -i -X DELETE http://HOST/todo/1",
    ]);
    const host = (line: string): string | undefined => /127\.0\.0\.1:\d+/.exec(line)?.[0];
    expect(host(other)).not.toBe(host(create));
    expect((await answer(create)).trim()).toBe('{"id":1,"status":"new","content":"Hello World"}');
    expect((await answer(get)).trim()).toBe('{"id":1,"status":"new","content":"Hello World"}');
    expect((await answer(put)).trim()).toBe('{"id":1,"status":"open","content":"Hello Galaxy"}');
    expect((await answer(other)).trim()).toBe('{"id":1,"status":"open","content":"Hello Galaxy"}');
    const [status, ...headers] = (await answer(remove)).trim().split("\r\n");
    expect(status).toBe("HTTP/1.1 204 No Content");
    expect(headers).toContain("Content-Type: application/json");
    expect(headers.some((header) => /^Date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/.test(header))).toBe(true);
  });

  it("answers the creation with 201 and Location: todo/ID", async ({ skip }) => {
    if (reason) skip(reason);
    const { stdout } = await run("sh", ["-c", (curls[0] ?? "").replace("curl", "curl -si")]);
    expect(stdout).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
    const id = /"id":(\d+)/.exec(stdout)?.[1];
    expect(stdout).toContain(`\r\nLocation: todo/${id}\r\n`);
  });

  it("ends on Ctrl-C with nothing left", async ({ skip }) => {
    if (reason) skip(reason);
    const ended = new Promise((resolve) => dev.once("exit", (code, signal) => resolve(code ?? signal)));
    dev.kill("SIGINT");
    expect([0, 130, "SIGINT"]).toContain(await ended);
    expect(await ours()).toEqual(before);
  });
});
