import { spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDirectory, findConsul, findMariadb, requireLeg } from "@minicluster/servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a machine without Go and Vault lacks. */
const hidden = new Set(["go", "gofmt", "vault"]);

/** A folder with a link to every program on PATH but the hidden ones. */
function programs(folder: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  for (const directory of (process.env["PATH"] ?? "").split(delimiter).filter(Boolean)) {
    for (const name of names(directory)) {
      const path = join(directory, name);
      if (!hidden.has(name) && runs(path)) link(path, join(bin, name));
    }
  }
  return bin;
}

/** A cache with Consul and MariaDB, and no Vault. */
function cache(folder: string): string {
  const mine = join(folder, "cache");
  mkdirSync(mine);
  const known = cacheDirectory();
  for (const name of names(known)) if (/^(consul|mariadb)-/.test(name)) link(join(known, name), join(mine, name));
  return mine;
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first one on PATH counts. */
function link(path: string, at: string): void {
  try {
    symlinkSync(path, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

describe("a machine without Go and Vault", () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let reason: string | undefined;

  beforeAll(async () => {
    reason = (await requireLeg("mariadb")) ?? (await requireLeg("consul"));
    if (reason) return;
    // Both of them in the cache where they are not the machine's own.
    await Promise.all([findConsul(), findMariadb()]);
    folder = mkdtempSync(join(tmpdir(), "minicluster-no-go-"));
    env = { ...process.env, PATH: programs(folder), MINICLUSTER_CACHE_DIR: cache(folder), TMPDIR: folder };
    for (const name of Object.keys(env))
      if (/^(VITEST|NODE_ENV$|MINICLUSTER_(REQUIRE_LEGS|VAULT_BIN))/.test(name)) delete env[name];
  });

  afterAll(() => folder && rmSync(folder, { recursive: true, force: true }));

  it("npm start gives curl lines that work", async ({ skip }) => {
    if (reason) skip(reason);
    const child = spawn("npm", ["start"], { cwd: root, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const closed = new Promise((resolve) => child.once("close", resolve));
    let said = "";
    const first = new Promise<RegExpExecArray>((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        said += chunk;
        const found = /^curl -X POST (\S+) -d '(.*)'$/m.exec(said);
        if (found) resolve(found);
      };
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      void closed.then(() => reject(new Error(`it ended:\n${said}`)));
    });
    try {
      const [, url = "", body = ""] = await first;
      const answer = await fetch(url, { method: "POST", body });
      expect(answer.status).toBe(201);
      expect(await answer.text()).toBe('{"id":1,"status":"new","content":"Hello World"}');
    } finally {
      if (child.pid) process.kill(-child.pid, "SIGINT");
      await closed;
    }
    expect(readdirSync(folder).sort()).toEqual(["bin", "cache"]);
  });

  it("tests on embedded servers pass; each on a real Vault is skipped with one line that says what to install", async ({
    skip,
  }) => {
    if (reason) skip(reason);
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const file = "test/e2e/leave.test.ts";
    const args = [vitest, "run", "--project", "e2e", "--disable-console-intercept", "--reporter", "json", file];
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    const closed = new Promise((resolve) => child.once("close", resolve));
    let out = "";
    let errors = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    expect(await closed, out + errors).toBe(0);
    const report = JSON.parse(out.slice(out.indexOf("{"))) as Record<string, unknown>;
    expect(report).toMatchObject({ numPassedTests: 1, numPendingTests: 1, numFailedTests: 0 });
    const lines = errors.split("\n").filter((line) => line.startsWith("skipped without"));
    expect(lines).toEqual([expect.stringMatching(/^skipped without vault-1\.11\.0: .*Go/)]);
  });
});
