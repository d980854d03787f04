import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { sleep, systemClock } from "@minicluster/core";
import { expect, test } from "vitest";
import { startProcess } from "../src/index.ts";
import { Watchdog } from "../src/watchdog.ts";

interface Left {
  pids: number[];
  directories: string[];
}

const entry = new URL("../dist/index.js", import.meta.url).href;

/** A program that starts three processes (one of them paused, one with a child of its own), says where, and stays. */
const parent = `
  import { startProcess } from ${JSON.stringify(entry)};
  const idle = ["-e", "setInterval(() => {}, 1e6)"];
  const node = process.execPath;
  const one = await startProcess({ name: "one", command: node, args: idle });
  const two = await startProcess({ name: "two", command: node, args: idle });
  await two.pause();
  const fork = "console.log(require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']).pid); setInterval(() => {}, 1e6)";
  const three = await startProcess({ name: "three", command: node, args: ["-e", fork] });
  while (!three.log) await new Promise((resolve) => setImmediate(resolve));
  const pids = [one.pid, two.pid, three.pid, Number(three.log)];
  console.log(JSON.stringify({ pids, directories: [one, two, three].map((each) => each.directory) }));
`;

interface Parent {
  pid: number;
  end: (signal: NodeJS.Signals) => Promise<void>;
  left: Left;
}

async function startParent(): Promise<Parent> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", parent], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const exited = once(child, "exit");
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return { pid: child.pid ?? 0, end, left: JSON.parse(line) as Left };
}

function isWatchdog(pid: string, parent: number): boolean {
  try {
    const [, , , ppid] = readFileSync(`/proc/${pid}/stat`, "utf8").split(" ");
    return Number(ppid) === parent && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("minicluster-watchdog");
  } catch {
    return false;
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until nothing is left; 5 s at most. */
async function gone({ pids, directories }: Left): Promise<Left> {
  for (let tries = 0; ; tries += 1) {
    const left = { pids: pids.filter(alive), directories: directories.filter((path) => existsSync(path)) };
    if (left.pids.length + left.directories.length === 0 || tries === 100) return left;
    await sleep(systemClock, 50);
  }
}

test.each(["SIGKILL", "SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "after %s of the parent no process, paused or of the second generation, and no directory is left",
  async (signal) => {
    const { end, left } = await startParent();
    expect(left.pids.every(alive)).toBe(true);
    expect(left.directories.every((path) => existsSync(path))).toBe(true);
    await end(signal);
    expect(await gone(left)).toEqual({ pids: [], directories: [] });
  },
);

test("a watchdog that somebody kills is replaced by one that knows as much", async () => {
  const { pid, end, left } = await startParent();
  const watchdog = (): number | undefined =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && isWatchdog(name, pid))
      .map(Number)[0];
  const first = watchdog() ?? 0;
  process.kill(first, "SIGKILL");
  await expect.poll(() => watchdog() ?? first, { timeout: 5_000 }).not.toBe(first);
  // What it is told waits in its pipe, but only from the moment at which its parent has noticed.
  await sleep(systemClock, 200);
  await end("SIGKILL");
  expect(await gone(left)).toEqual({ pids: [], directories: [] });
});

test("a process whose parent dies before the watchdog knows it never starts", async () => {
  const directory = await mkdtemp(join(tmpdir(), "gate-"));
  const marker = join(directory, "started");
  const gate = new URL("../dist/spawn-gated.js", import.meta.url).href;
  const script = `
    import { spawnGated } from ${JSON.stringify(gate)};
    const watch = () => { process.kill(process.pid, "SIGKILL"); return new Promise(() => {}); };
    await spawnGated({ command: "/usr/bin/touch", args: [${JSON.stringify(marker)}], env: {}, cwd: "/", logFile: "/dev/null",
      watchdog: { watch, forget: async () => {} } });
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
  await sleep(systemClock, 200);
  expect(existsSync(marker)).toBe(false);
  await rm(directory, { recursive: true });
});

test("forgets what it is told to forget, and removes directories whatever their names", async () => {
  const kept = await mkdtemp(join(tmpdir(), "kept "));
  const removed = await mkdtemp(join(tmpdir(), "it's $(removed) "));
  const watchdog = new Watchdog();
  await watchdog.watchDirectory(kept);
  await watchdog.watchDirectory(removed);
  await watchdog.forgetDirectory(kept);
  await using idle = await startProcess({ name: "idle", command: "/bin/sleep", args: ["1000"] });
  const { pid = 0 } = idle;
  await watchdog.watch(pid);
  await watchdog.forget(pid);
  await watchdog.close();
  expect([existsSync(kept), existsSync(removed), alive(pid)]).toEqual([true, false, true]);
  await rm(kept, { recursive: true });
});
