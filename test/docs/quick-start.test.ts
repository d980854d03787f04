import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { missing, seedLegs } from "../e2e/legs.ts";
import { curlLines, expectSeedAnswers } from "../e2e/seed-calls.ts";
import { stateOf, Terminal } from "../e2e/terminal.ts";
import { FreshClone } from "./fresh-clone.ts";

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
    return await curlLines(terminal);
  }

  it("prints five curl lines that give the answers of the todo API, and leaves nothing after Ctrl-C", async ({
    skip,
  }) => {
    if (reason) skip(reason);
    expectSeedAnswers(await start());

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
