import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { legRequired, sum, tallyOf } from "../../scripts/tally.mjs";
import { root } from "./tree.ts";

const scratch = mkdtempSync(join(tmpdir(), "minicluster-scripts-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Empty for a process that is gone, Z for one that waits to be reaped. */
function stateOf(pid: number): string {
  return spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
}

interface Ended {
  code: number | string | null | undefined;
  stdout: string;
  stderr: string;
}

function node(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}

describe("npm test", () => {
  it("says which stages there are", async () => {
    const { code, stdout } = await node("scripts/test.mjs", "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}unit +\S/m);
  });

  it("refuses a stage that does not exist before it does anything", async () => {
    const { code, stderr } = await node("scripts/test.mjs", "unti");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^No stage unti\. There are: lint, .*\.\n$/);
  });

  it("npm run bench refuses a bench that does not exist", async () => {
    const { code, stderr } = await node("scripts/bench.mjs", "rotating-pol");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^No bench rotating-pol\. There are: .*rotating-pool.*\.\n$/);
  });

  it.each(["test", "start", "bench", "build"])("%s says in one line that Node is too old", async (script) => {
    const old = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.0" } })`;
    const { code, stderr } = await node("--import", `data:text/javascript,${old}`, `scripts/${script}.mjs`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^minicluster needs Node 20\.19 or newer; this is Node 18\.20\.0 .*\n$/);
  });
});

describe("the count of a report", () => {
  const file = (status: string, tests: number) => ({ status, assertionResults: Array(tests).fill({}) });
  const report = {
    numPassedTests: 5,
    numFailedTests: 0,
    numPendingTests: 2,
    numTodoTests: 1,
    testResults: [file("passed", 8)],
  };

  it.each([
    ["a good run", report, 0, { passed: 5, failed: 0, skipped: 3 }],
    ["a failed test", { ...report, numFailedTests: 2 }, 1, { passed: 5, failed: 2, skipped: 3 }],
    [
      "a file that can't be loaded",
      { ...report, testResults: [file("failed", 0)] },
      1,
      { passed: 5, failed: 1, skipped: 3 },
    ],
    ["a run that failed outside of its tests", report, 1, { passed: 5, failed: 1, skipped: 3 }],
    ["no report", undefined, 0, { passed: 0, failed: 1, skipped: 0 }],
    ["a crash without a report", undefined, 139, { passed: 0, failed: 1, skipped: 0 }],
  ])("%s", (_what, given, code, counted) => {
    expect(tallyOf(given, code)).toMatchObject(counted);
  });

  it("names what failed, with the first line of why", () => {
    const failed = {
      status: "failed",
      fullName: "a pool drains",
      failureMessages: ["Error: 1 left\n    at pool.ts:1"],
    };
    const testResults = [
      { name: "pool.test.ts", status: "failed", assertionResults: [failed, { status: "passed" }] },
      { name: "gone.test.ts", status: "failed", message: "Cannot find module\nat x", assertionResults: [] },
    ];
    expect(tallyOf({ ...report, numFailedTests: 1, testResults }, 1).broke).toEqual([
      "pool.test.ts: a pool drains: Error: 1 left",
      "gone.test.ts: Cannot find module",
    ]);
  });

  it("adds up", () => {
    const a = { passed: 1, failed: 2, skipped: 3 };
    expect(sum([a, a, { ...a, reason: "" }])).toEqual({ passed: 3, failed: 6, skipped: 9 });
    expect(sum([])).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });

  it("knows which legs must not be skipped", () => {
    expect(legRequired("consul", {})).toBe(false);
    expect(legRequired("consul", { MINICLUSTER_REQUIRE_LEGS: "mariadb, consul" })).toBe(true);
    expect(legRequired("consul", { MINICLUSTER_REQUIRE_LEGS: "all" })).toBe(true);
  });
});

describe("the lock of set-up", () => {
  const holder = (name: string, work: string): string => {
    const file = join(scratch, name);
    writeFileSync(file, `import { withLock } from "${root}/scripts/lock.mjs";\n${work}`);
    return file;
  };

  it("lets one in at a time", async () => {
    const log = join(scratch, "log");
    writeFileSync(log, "");
    const worker = holder(
      "turns.mjs",
      `import { appendFileSync } from "node:fs";
       await withLock("${scratch}/turns.lock", {}, async () => {
         appendFileSync("${log}", "in ");
         await new Promise((done) => setTimeout(done, 30));
         appendFileSync("${log}", "out ");
       });`,
    );
    const ended = await Promise.all(Array.from({ length: 6 }, () => node(worker)));
    expect(ended.map(({ code }) => code)).toEqual(Array(6).fill(0));
    expect(readFileSync(log, "utf8")).toBe("in out ".repeat(6));
  });

  it("is taken over from a process that was killed", async () => {
    const path = join(scratch, "dead.lock");
    const dead = spawn(
      process.execPath,
      [
        holder(
          "dead.mjs",
          `await withLock("${path}", {}, () => new Promise(() => process.send("held") && setInterval(() => {}, 1000)));`,
        ),
      ],
      { stdio: ["ignore", "ignore", "inherit", "ipc"] },
    );
    await new Promise((held) => dead.once("message", held));
    dead.kill("SIGKILL");
    await new Promise((gone) => dead.once("exit", gone));
    expect(
      (await node(holder("next.mjs", `await withLock("${path}", {}, async () => console.log("mine"));`))).stdout,
    ).toBe("mine\n");
  });
});

it("Ctrl-C ends the command that runs, and all that it started", async () => {
  const file = join(scratch, "interrupted.mjs");
  writeFileSync(
    file,
    `import { endOnSignal, run } from "${root}/scripts/child.mjs";
     endOnSignal(() => console.log("cleaned"));
     await run(["sh", "-c", "sleep 600 & echo $! $$; wait"]);`,
  );
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "ignore"] });
  let output = "";
  const pids = await new Promise<number[]>((resolve) => {
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
      if (/^\d+ \d+\n/.test(output)) resolve((output.split("\n")[0] ?? "").split(" ").map(Number));
    });
  });
  child.kill("SIGINT");
  child.kill("SIGINT");
  const code = await new Promise((gone) => child.once("close", gone));
  expect(code).toBe(130);
  expect(output).toMatch(/cleaned\n$/);
  for (const pid of pids) expect(stateOf(pid), `process ${pid}`).toMatch(/^(Z.*)?$/);
});
