import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cacheDirectory } from "../src/cache-directory.ts";
import { type Artefact, cached, fingerprint } from "../src/cached.ts";

let directory: string;
const before = process.env.MINICLUSTER_CACHE_DIR;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cache-"));
  process.env.MINICLUSTER_CACHE_DIR = directory;
});

afterEach(async () => {
  if (before === undefined) delete process.env.MINICLUSTER_CACHE_DIR;
  else process.env.MINICLUSTER_CACHE_DIR = before;
  await rm(directory, { recursive: true });
});

function artefact(make: Artefact["make"]): Artefact {
  return { key: "thing-1", title: "Thing 1", make };
}

const silent = { onProgress: () => {} };
const entry = new URL("../dist/cached.js", import.meta.url).href;

/** A process that makes the artefact: counts itself in a file, then takes its time until its input ends. */
const maker = `
  import { appendFileSync, writeFileSync } from "node:fs";
  import { once } from "node:events";
  import { cached } from ${JSON.stringify(entry)};
  const path = await cached({ key: "thing-1", title: "Thing 1", make: async ({ directory, progress }) => {
    appendFileSync(process.env.MINICLUSTER_CACHE_DIR + "/makers", "x");
    writeFileSync(directory + "/half", "");
    console.log("making");
    process.stdin.resume();
    await once(process.stdin, "end");
    writeFileSync(directory + "/whole", "");
  } }, { onProgress: (line) => console.log(line) });
  console.log("done " + path);
`;

function startMaker(): { lines: AsyncIterator<string>; child: ReturnType<typeof spawn> } {
  const child = spawn(process.execPath, ["--input-type=module", "-e", maker], { stdio: ["pipe", "pipe", "inherit"] });
  if (!child.stdout) throw new Error("no stdout");
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function next(lines: AsyncIterator<string>): Promise<string> {
  return String((await lines.next()).value);
}

test("is made once, by a rename, and found from then on", async () => {
  let made = 0;
  const thing = artefact(async ({ directory: into }) => {
    made += 1;
    expect(into).not.toBe(join(directory, "thing-1"));
    await writeFile(join(into, "file"), "x");
  });
  const path = await cached(thing, silent);
  expect(path).toBe(join(directory, "thing-1"));
  expect(await readFile(join(path, "file"), "utf8")).toBe("x");
  await cached(thing, silent);
  expect(made).toBe(1);
});

test("a failed making leaves nothing but the lock's file, and the next try succeeds", async () => {
  const failing = artefact(async ({ directory: into }) => {
    await writeFile(join(into, "half"), "");
    throw new Error("no network");
  });
  await expect(cached(failing, silent)).rejects.toThrow("no network");
  expect(readdirSync(directory)).toEqual(["thing-1.lock"]);
  await cached(
    artefact(async () => {}),
    silent,
  );
  expect(existsSync(join(directory, "thing-1"))).toBe(true);
});

test("of two processes one makes it; the other says that it waits, and finds it whole", async () => {
  const first = startMaker();
  expect(await next(first.lines)).toBe("making");
  const second = startMaker();
  expect(await next(second.lines)).toBe("Thing 1: waiting for another process that is getting it");
  first.child.stdin?.end();
  second.child.stdin?.end();
  const done = `done ${join(directory, "thing-1")}`;
  expect(await next(first.lines)).toBe(done);
  expect(await next(second.lines)).toBe(done);
  await Promise.all([first, second].map(({ child }) => child.exitCode ?? once(child, "exit")));
  expect(await readFile(join(directory, "makers"), "utf8")).toBe("x");
  expect(readdirSync(join(directory, "thing-1")).sort()).toEqual(["half", "whole"]);
});

test("a maker that is killed gives the lock to the one that waits, and what it left is removed", async () => {
  await mkdir(join(directory, "thing-1.making-by-a-power-cut"));
  const first = startMaker();
  expect(await next(first.lines)).toBe("making");
  expect(existsSync(join(directory, "thing-1.making-by-a-power-cut"))).toBe(false);
  const second = startMaker();
  expect(await next(second.lines)).toContain("waiting");
  first.child.kill("SIGKILL");
  expect(await next(second.lines)).toBe("making");
  second.child.stdin?.end();
  expect(await next(second.lines)).toContain("done");
  await (second.child.exitCode ?? once(second.child, "exit"));
  expect(readdirSync(directory).filter((name) => name.includes("making"))).toEqual([]);
});

test("waiting for another process ends with the signal", async () => {
  const first = startMaker();
  expect(await next(first.lines)).toBe("making");
  const controller = new AbortController();
  const onProgress = (): void => controller.abort(new Error("no patience"));
  const waiting = cached(
    artefact(async () => {}),
    { onProgress, signal: controller.signal },
  );
  await expect(waiting).rejects.toThrow("no patience");
  first.child.stdin?.end();
  await once(first.child, "exit");
});

test("a maker that is interrupted leaves nothing in the cache", async () => {
  const first = startMaker();
  expect(await next(first.lines)).toBe("making");
  first.child.kill("SIGINT");
  await once(first.child, "exit");
  await expect.poll(() => readdirSync(directory).sort(), { timeout: 5_000 }).toEqual(["makers", "thing-1.lock"]);
});

test("the cache lies where the variables say", () => {
  expect(cacheDirectory({ MINICLUSTER_CACHE_DIR: "/a", XDG_CACHE_HOME: "/b" })).toBe("/a");
  expect(cacheDirectory({ XDG_CACHE_HOME: "/b" })).toBe("/b/minicluster");
  expect(cacheDirectory({ XDG_CACHE_HOME: "relative" })).toMatch(/\/\.cache\/minicluster$/);
});

test("a fingerprint changes with each input and its bounds", () => {
  expect(fingerprint("a", "b")).toMatch(/^[0-9a-f]{8}$/);
  expect(new Set([fingerprint("a", "b"), fingerprint("ab"), fingerprint("a", "c")]).size).toBe(3);
});
