import { spawnSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { missing, seedLegs } from "../e2e/legs.ts";
import { FreshClone, stateOf, Terminal } from "./fresh-clone.ts";

const curlLine = /^[ $]*curl .*$/gm;
const promisedLines = 5;

interface Answer {
  line: string;
  stdout: string;
}

describe("npm start in a fresh clone", () => {
  let reason: string | undefined;
  let clone: FreshClone | undefined;
  let terminal: Terminal | undefined;

  beforeAll(async () => {
    reason = seedLegs[1] && (await missing(seedLegs[1]));
    if (!reason) clone = new FreshClone();
  });
  afterEach(async () => void (await terminal?.interrupt()));
  afterAll(() => clone?.[Symbol.dispose]());

  async function start(): Promise<string[]> {
    terminal = new Terminal(["npm", "start"], clone?.folder ?? "");
    return (await terminal.until(curlLine, promisedLines)).map((line) => line.replace(/^[ $]*/, ""));
  }

  const run = (line: string): Answer => ({
    line,
    stdout: spawnSync("bash", ["-c", line], { encoding: "utf8" }).stdout,
  });

  it("prints five curl lines that give the answers of the todo API, and leaves nothing after Ctrl-C", async ({
    skip,
  }) => {
    if (reason) skip(reason);
    const answers = (await start()).slice(0, promisedLines).map(run);
    const [post, get, put, other, removed] = answers.map(({ stdout }) => stdout.trimEnd());
    expect(post, JSON.stringify(answers)).toBe('{"id":1,"status":"new","content":"Hello World"}');
    expect(get).toBe(post);
    expect(put).toBe('{"id":1,"status":"open","content":"Hello Galaxy"}');
    expect(other).toBe(put);
    expect(removed).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
    expect(removed).toMatch(/^content-type: application\/json\r?$/im);
    expect(addresses(answers)).toHaveLength(2);

    const below = terminal?.descendants() ?? [];
    expect(below.length).toBeGreaterThan(4);
    const code = await terminal?.interrupt();
    expect([0, 130, null], terminal?.output).toContain(code);
    expect(below.map(stateOf).filter((state) => state !== "")).toEqual([]);
  });

  it("starts in seconds the second time, without an install", async ({ skip }) => {
    if (reason) skip(reason);
    const started = performance.now();
    await start();
    const seconds = (performance.now() - started) / 1_000;
    console.log(`npm start, the second time: ${seconds.toFixed(1)} s to the curl lines`);
    expect(terminal?.output).not.toMatch(/^install/m);
    expect(seconds).toBeLessThan(30);
  });
});

/** The lines speak to both instances. */
function addresses(answers: readonly Answer[]): string[] {
  return [...new Set(answers.map(({ line }) => /http:\/\/([^/]+)/.exec(line)?.[1] ?? ""))];
}
