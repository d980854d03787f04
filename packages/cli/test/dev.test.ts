import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requireLeg, startMariadb } from "@minicluster/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

const bin = fileURLToPath(new URL("../bin/minicluster.js", import.meta.url));
const root = fileURLToPath(new URL("../../..", import.meta.url));
const missing = await requireLeg("mariadb");
const noReal = missing ?? (await requireLeg("consul")) ?? (await requireLeg("vault-1.11.0"));

/** `minicluster dev` as a person starts it, with a temporary directory of its own. */
class Dev implements AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], directory: string, more: Record<string, string> = {}) {
    const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: directory, ...more };
    delete env["XDG_RUNTIME_DIR"];
    this.child = spawn(process.execPath, [bin, "dev", ...args], { cwd: root, env });
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) => this.child.on("close", (code, signal) => resolve({ code, signal })));
  }

  /** Where it said that something is. */
  address(name: string): string {
    return new RegExp(`^${name} +(\\S+)$`, "m").exec(this.stdout)?.[1] ?? "";
  }

  /** A test that failed leaves it running. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGINT");
    await this.ended;
  }

  until(pattern: RegExp): Promise<void> {
    return expect.poll(() => this.stdout + this.stderr, { timeout: 60_000, interval: 50 }).toMatch(pattern);
  }
}

/** The processes below one, at any depth. */
function descendants(of: number | undefined): number[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" });
  const all = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => !state?.startsWith("Z"))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
  const below = (pid: number | undefined): number[] =>
    all.filter(({ parent }) => parent === pid).flatMap((child) => [child.pid, ...below(child.pid)]);
  return below(of);
}

/** What `minicluster env` of another terminal prints. */
async function exported(args: readonly string[], directory: string): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await runCli(["env", ...args, "--json"], { env: { TMPDIR: directory } });
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Record<string, string>;
}

/** `minicluster doctor` on that cluster: well, not well, and interrupted. */
async function examined(env: Record<string, string>, places: string): Promise<void> {
  const well = await runCli(["doctor"], { env });
  expect(well).toMatchObject({ code: 0, stderr: "" });
  expect(well.stdout).toMatch(/^ok {11}grants {7}the account has SELECT.* on the whole of billing$/m);
  const json = await runCli(["doctor", "--json"], { env });
  expect(JSON.parse(json.stdout)).toMatchObject({ healthy: true });
  const wrong = await runCli(["doctor"], { env: { ...env, VAULT_USER_ID: "s3cret-s3cret-s3cret" } });
  expect(wrong).toMatchObject({ code: 1, stderr: "minicluster: 1 failure\n" });
  expect(wrong.stdout).toMatch(/^failure {6}login .*\n {26}-> make a new login with minicluster provision/m);
  expect(wrong.stdout).not.toContain("s3cret");
  const stopped = await runCli(["doctor"], { env, interruptAt: /credentials/ });
  expect(stopped).toMatchObject({ code: 130, stderr: "minicluster: stopped\n" });
  const vault = /^vault1 +(\S+)$/m.exec(places)?.[1];
  const headers = { "X-Vault-Token": env["VAULT_TOKEN"] ?? "" };
  const leases = await fetch(`${vault}/v1/sys/leases/lookup/mysql/creds/billing?list=true`, { headers });
  expect(leases.status).toBe(404);
}

describe.skipIf(missing)("minicluster dev", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "dev-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test.for([
    { engine: "embedded", args: [], reason: missing },
    { engine: "real", args: ["--real"], reason: noReal },
  ])(
    "$engine: runs two todos, prints the curl lines and each rotation; Ctrl-C leaves nothing",
    async (leg, { skip }) => {
      if (leg.reason) skip(leg.reason);
      const run = "todo=node services/todo/bin/minicluster-todo.js";
      const lives = ["--lease-ttl", "3s", "--max-ttl", "6s"];
      await using dev = new Dev(["--run", run, "--service", "billing", ...lives, ...leg.args], directory);
      await dev.until(/Ctrl-C stops everything/);
      const lines = dev.stdout.split("\n").filter((line) => line.startsWith("curl "));
      const [first, second] = [...dev.stdout.matchAll(/^todo\d +(\S+)$/gm)].map((match) => match[1]);
      expect(lines).toEqual([
        `curl -X POST ${first}/todo -d '{"status": "new", "content": "Hello World"}'`,
        `curl ${first}/todo/1`,
        `curl -X PUT ${first}/todo/1 -d '{"status": "open", "content": "Hello Galaxy"}'`,
        `curl ${second}/todo/1`,
        `curl -i -X DELETE ${second}/todo/1`,
      ]);
      expect(first).not.toBe(second);
      const made = await fetch(`${first}/todo`, {
        method: "POST",
        body: '{"status": "new", "content": "Hello World"}',
        signal: AbortSignal.timeout(20_000),
      });
      expect([made.status, await made.text()]).toEqual([201, '{"id":1,"status":"new","content":"Hello World"}']);
      const read = await fetch(`${second}/todo/1`, { signal: AbortSignal.timeout(20_000) });
      expect(await read.text()).toBe('{"id":1,"status":"new","content":"Hello World"}');
      await dev.until(/todo1: credentials rotated \(\w+\)/);
      await dev.until(/todo2: credentials rotated \(\w+\)/);
      expect(dev.stderr).toMatch(/vault: the leader is 127\.0\.0\.1:\d+/);
      await dev.until(/todo1: passing/);
      await dev.until(/todo2: passing/);
      const logIn = await exported(["billing"], directory);
      expect(Object.keys(logIn)).toContain("VAULT_USER_ID");
      expect((await exported(["billing"], directory))["VAULT_USER_ID"]).not.toBe(logIn["VAULT_USER_ID"]);
      const operator = await exported(["--operator"], directory);
      expect(Object.keys(operator)).toEqual(["CONSUL_HTTP_ADDR", "VAULT_TOKEN", "MYSQL_ADMIN_URL"]);
      const status = await runCli(["status", "--json"], { env: operator });
      expect(JSON.parse(status.stdout)).toMatchObject({ healthy: true });
      const watched = await runCli(["status", "--watch", "--json"], { env: operator, interruptAt: /"healthy"/ });
      expect(watched).toMatchObject({ code: 0, stderr: "" });
      expect(JSON.parse(watched.stdout)).toMatchObject({ healthy: true, services: [{ service: "todo" }] });
      const unknown = await runCli(["env", "biling"], { env: { TMPDIR: directory } });
      expect(unknown).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("biling: not among the services (billing, todo)"),
      });
      await examined({ ...logIn, ...operator }, dev.stdout);
      for (const name of ["VAULT_USER_ID", "VAULT_APP_ID", "VAULT_TOKEN", "MYSQL_ADMIN_URL"]) {
        const secret = { ...logIn, ...operator }[name] ?? "missing";
        expect(dev.stdout + dev.stderr).not.toContain(secret);
      }
      const started = descendants(dev.child.pid);
      expect(started.length).toBeGreaterThanOrEqual(3);
      dev.child.kill("SIGINT");
      expect(await dev.ended).toEqual({ code: 0, signal: null });
      // By process, not by port: a port that is free again is another test's at once.
      expect(started.filter((pid) => descendants(1).includes(pid))).toEqual([]);
      expect(await readdir(directory)).toEqual([]);
    },
  );

  test("no secret is printed, and --json is a line each", async () => {
    await using dev = new Dev(["--service", "billing", "--vault-nodes", "1", "--auth", "approle", "--json"], directory);
    await dev.until(/"places"/);
    await dev.until(/"the leader is/);
    dev.child.kill("SIGTERM");
    expect((await dev.ended).code).toBe(0);
    const objects = dev.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(objects.some((object) => "places" in object)).toBe(true);
    expect(dev.stdout + dev.stderr).not.toMatch(/hvs\.|SECRET|PASSWORD|TOKEN/);
    expect(await readdir(directory)).toEqual([]);
  });

  test.skipIf(noReal)("Ctrl-C while it starts ends it with 130 and leaves nothing", async () => {
    await using dev = new Dev(["--real"], directory);
    await dev.until(/MySQL .* runs/);
    dev.child.kill("SIGINT");
    expect(await dev.ended).toEqual({ code: 130, signal: null });
    expect(await readdir(directory)).toEqual([]);
  });

  test("with --data a cluster comes back with its rows, and only one runs on it", async () => {
    const data = join(directory, "kept");
    const run = ["--run", "todo=node services/todo/bin/minicluster-todo.js", "--instances", "1"];
    const first = new Dev([...run, "--data", data], directory);
    await first.until(/Ctrl-C stops everything/);
    const body = '{"status": "new", "content": "kept"}';
    expect((await fetch(`${first.address("todo1")}/todo`, { method: "POST", body })).status).toBe(201);
    await first[Symbol.asyncDispose]();
    await using again = new Dev([...run, "--data", data], directory);
    await again.until(/Ctrl-C stops everything/);
    expect(await (await fetch(`${again.address("todo1")}/todo/1`)).json()).toMatchObject({ content: "kept" });
    const other = await runCli(["dev", "--data", data], { env: { TMPDIR: directory } });
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining("another cluster runs") });
    await again[Symbol.asyncDispose]();
    await using known = new Dev(["--data", data], directory);
    await known.until(/Ctrl-C stops everything/);
    expect(await exported(["todo"], directory)).toMatchObject({ MYSQL_DATABASE: "todo" });
    await known[Symbol.asyncDispose]();
    expect(await readdir(directory)).toEqual(["kept"]);
    await rm(data, { recursive: true });
  });

  test("with --no-mysql, and with a MySQL of one's own", async () => {
    const none = new Dev(["--service", "billing", "--no-mysql"], directory);
    await none.until(/Ctrl-C stops everything/);
    expect(none.stdout).not.toMatch(/^mysql/m);
    expect(Object.keys(await exported(["--operator", "billing"], directory)).join()).not.toContain("MYSQL");
    await none[Symbol.asyncDispose]();
    await using mariadb = await startMariadb();
    const { host, port, rootPassword } = mariadb;
    const url = `mysql://root:${encodeURIComponent(rootPassword.reveal())}@${host}:${port}`;
    const own = new Dev(["--service", "billing", "--external-mysql"], directory, { MYSQL_ADMIN_URL: url });
    await own.until(/Ctrl-C stops everything/);
    expect(own.stdout).toMatch(new RegExp(`^mysql +${host}:${port}$`, "m"));
    expect(await exported(["--operator"], directory)).toMatchObject({ MYSQL_ADMIN_URL: url });
    await own[Symbol.asyncDispose]();
    expect(await mariadb.admin("SHOW DATABASES LIKE 'billing'")).toHaveLength(1);
    expect(own.stdout + own.stderr).not.toContain(rootPassword.reveal());
  });

  test("a second Ctrl-C doesn't wait, and nothing is left all the same", async () => {
    const stubborn = `x=node -e "process.on('SIGTERM', () => {}); require('net').createServer().listen(process.env.BIND.split(':')[1])"`;
    await using dev = new Dev(["--run", stubborn, "--instances", "1"], directory);
    await dev.until(/vault: the leader is/);
    dev.child.kill("SIGINT");
    await dev.until(/stopping; a second Ctrl-C doesn't wait/);
    const asked = performance.now();
    dev.child.kill("SIGINT");
    await dev.ended;
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(await dev.ended).toEqual({ code: 130, signal: null });
    await expect.poll(() => readdir(directory), { timeout: 5_000 }).toEqual([]);
  });

  test("an instance that ends before it passes ends the command with its last lines", async () => {
    const dying = `x=node -e "console.log('no such luck'); process.exit(3)"`;
    await using dev = new Dev(["--run", dying, "--instances", "1"], directory);
    expect((await dev.ended).code).toBe(1);
    expect(dev.stderr.trimEnd().split("\n").at(-1)).toMatch(/^minicluster: x1 .*no such luck/);
    expect(await readdir(directory)).toEqual([]);
  });
});
