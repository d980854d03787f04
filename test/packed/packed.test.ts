import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireLeg } from "@minicluster/servers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { stateOf, Terminal } from "../e2e/terminal.ts";
import { LocalRegistry } from "./local-registry.ts";

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function run(file: string, args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd, encoding: "utf8", maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

const ready = /Ctrl-C stops everything/g;
const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];

describe("in somebody else's empty folder, from the packed packages", () => {
  let reason: string | undefined;
  let scratch: string;
  let registry: LocalRegistry;
  let folder: string;
  let terminal: Terminal | undefined;

  beforeAll(async () => {
    reason = await requireLeg("mariadb");
    scratch = mkdtempSync(join(tmpdir(), "minicluster-packed-"));
    mkdirSync(join(scratch, "tarballs"));
    registry = await LocalRegistry.start(join(scratch, "tarballs"));
    folder = join(scratch, "empty");
    mkdirSync(folder);
    writeFileSync(join(folder, ".npmrc"), registry.npmrc);
  });
  afterEach(async () => {
    await terminal?.interrupt();
    terminal = undefined;
  });
  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Runs until Ctrl-C; nothing may be left of it. */
  async function whileRuns(command: readonly [string, ...string[]], cwd: string, work: () => Promise<void>) {
    terminal = new Terminal(command, cwd);
    await terminal.until(ready, 1);
    await work();
    const below = terminal.descendants();
    expect(below.length).toBeGreaterThan(3);
    expect([0, 130, null], terminal.output).toContain(await terminal.interrupt());
    expect(below.map(stateOf).filter((state) => state !== "")).toEqual([]);
  }

  it("installs the command with nothing but what it needs", async () => {
    const { code, stderr } = await run("npm", ["install", ...quiet, "@minicluster/cli"], folder);
    expect(code, stderr).toBe(0);
    const installed = readdirSync(join(folder, "node_modules/@minicluster")).sort();
    expect(registry.names).toEqual(expect.arrayContaining(installed.map((name) => `@minicluster/${name}`)));
    expect(installed).not.toContain("todo");
  });

  it("npx minicluster dev --service billing is ready, and minicluster env billing answers", async ({ skip }) => {
    if (reason) skip(reason);
    await whileRuns(["npx", "minicluster", "dev", "--service", "billing"], folder, async () => {
      const { code, stdout } = await run("npx", ["minicluster", "env", "billing", "--json"], folder);
      expect(code).toBe(0);
      const env = JSON.parse(stdout) as Record<string, string>;
      expect(env).toMatchObject({ MYSQL_DATABASE: "billing", CONSUL_HTTP_ADDR: expect.stringMatching(/127\.0\.0\.1/) });
      const leader = await fetch(`${env["CONSUL_HTTP_ADDR"]}/v1/status/leader`);
      expect(await leader.json()).toMatch(/127\.0\.0\.1/);
    });
    const { code } = await run("npx", ["minicluster", "env", "billing"], folder);
    expect(code).toBe(1);
  });

  describe("minicluster new app", () => {
    let app: string;

    beforeAll(async () => {
      app = join(folder, "app");
      expect((await run("npx", ["minicluster", "new", "app"], folder)).code).toBe(0);
      writeFileSync(join(app, ".npmrc"), registry.npmrc);
      const { code, stderr } = await run("npm", ["install", ...quiet], app);
      expect(code, stderr).toBe(0);
    });

    it("has the libraries of the command's own version", () => {
      const version = (path: string) => JSON.parse(readFileSync(join(path, "package.json"), "utf8")).version;
      const own = version(join(folder, "node_modules/@minicluster/cli"));
      for (const name of ["sdk", "cli", "devcluster"]) {
        expect(version(join(app, "node_modules/@minicluster", name))).toBe(own);
      }
    });

    it("npm test passes", async ({ skip }) => {
      if (reason) skip(reason);
      const { code, stdout, stderr } = await run("npm", ["test"], app);
      expect(code, stdout + stderr).toBe(0);
      expect(stdout).toMatch(/^# pass [4-9]$|^ℹ pass [4-9]$/m);
    });

    it("npm start runs it: two instances that keep notes together", async ({ skip }) => {
      if (reason) skip(reason);
      await whileRuns(["npm", "start"], app, async () => {
        const output = terminal?.output ?? "";
        const [first, second] = [...output.matchAll(/^app\d +(\S+)$/gm)].map((match) => match[1]);
        const body = '{"text": "Hello World"}';
        const posted = await fetch(`${first}/notes`, { method: "POST", body });
        expect([posted.status, await posted.json()]).toEqual([201, { id: 1, text: "Hello World" }]);
        expect(await (await fetch(`${second}/notes`)).json()).toEqual([{ id: 1, text: "Hello World" }]);
        const { code, stdout } = await run("npx", ["minicluster", "env", "app"], app);
        expect([code, stdout]).toEqual([0, expect.stringContaining("MYSQL_DATABASE=app\n")]);
      });
    });
  });
});
