import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { missing, seedLegs } from "./legs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** A process and all that it started, by their ids. */
async function family(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry))) {
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    // The command stands in brackets and may hold spaces; the parent is the second field after it.
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const found = [pid];
  for (const member of found) for (const [child, parent] of parents) if (parent === member) found.push(child);
  return found;
}

async function alive(pids: readonly number[]): Promise<string[]> {
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return lines.filter(Boolean).map((line) => line.replaceAll("\0", " "));
}

/** What `npm start` is given, by who plays Consul and Vault. */
const flags = { embedded: [], real: ["--vault-version", "1.11.0"] };
/** What runs at the least: itself, MariaDB, two todos, and with real servers two Consul agents and two Vaults. */
const processes = { embedded: 4, real: 8 };

describe.each(seedLegs)("npm start on $name", (leg) => {
  let dev: ChildProcess;
  let reason: string | undefined;
  let temporary = "";
  const lines: string[] = [];
  const curls: string[] = [];

  beforeAll(async () => {
    reason = await missing(leg);
    if (reason) return;
    temporary = await mkdtemp(join(tmpdir(), "minicluster-start-"));
    const env = { ...process.env, TMPDIR: temporary };
    dev = spawn(process.execPath, ["scripts/start.mjs", ...flags[leg.engine]], {
      cwd: root,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
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
    const members = await family(dev.pid ?? 0);
    expect(members.length).toBeGreaterThanOrEqual(processes[leg.engine]);
    const ended = new Promise((resolve) => dev.once("exit", (code, signal) => resolve(code ?? signal)));
    dev.kill("SIGINT");
    expect(await ended).toBe(0);
    await eventually("every process ended", 5_000, async () =>
      (await alive(members)).length === 0 ? true : undefined,
    );
    expect(await readdir(temporary)).toEqual([]);
    await rmdir(temporary);
  });
});
