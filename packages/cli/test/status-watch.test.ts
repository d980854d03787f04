import { Readable } from "node:stream";
import type { ClusterStatus } from "@minicluster/admin";
import { ManualClock } from "@minicluster/core/testing";
import { expect, test } from "vitest";
import { watchStatus } from "../src/status-watch.ts";
import { Terminal } from "../src/terminal.ts";

const node = { address: "http://v:8200", code: 200, initialized: true, sealed: false, version: "1.11.0" };
const unknown = { leader: undefined, reason: undefined };
const status = (state: "active" | "sealed"): ClusterStatus => ({
  healthy: state === "active",
  consul: { reachable: true, reason: undefined },
  vaults: [{ ...node, ...unknown, state }],
  services: [],
});

/** Lets whatever can run, run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

interface Watch {
  /** What was written since the last call. */
  written: () => string;
  look: (state: "active" | "sealed" | Error) => Promise<void>;
  stop: () => Promise<void>;
  ended: Promise<void>;
}

/** A watch whose looks are the test's to answer. */
async function watch(options: { json?: boolean; rows?: number; first?: "active" | Error } = {}): Promise<Watch> {
  const { json = false, rows, first = "active" } = options;
  const clock = new ManualClock();
  const abort = new AbortController();
  const answers: (ClusterStatus | Error)[] = [first instanceof Error ? first : status(first)];
  let text = "";
  const stdout = {
    write: (part: unknown) => {
      text += String(part).replaceAll("\u001b", "ESC");
      return true;
    },
    isTTY: rows !== undefined,
    rows: rows ?? 0,
  };
  const terminal = new Terminal({ env: { NO_COLOR: "1" }, stdin: Readable.from([]), stdout, stderr: stdout });
  const look = (): Promise<ClusterStatus> => {
    const answer = answers.shift();
    return answer instanceof Error || !answer ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const ended = watchStatus({ terminal, signal: abort.signal }, { look, intervalMs: 2_000, json, clock });
  ended.catch(() => {});
  await settle();
  return {
    ended,
    written: () => {
      const now = text;
      text = "";
      return now;
    },
    look: async (state) => {
      answers.push(state instanceof Error ? state : status(state));
      await clock.advance(2_000);
    },
    stop: async () => {
      abort.abort(new Error("stopped"));
      await ended;
    },
  };
}

test("prints a block for each change, with the time, and nothing where nothing changed", async () => {
  const { written, look, stop } = await watch();
  expect(written()).toMatch(/^\d\d:\d\d:\d\d\nvault\n {2}address .*\n.* active .*\n$/);
  await look("active");
  expect(written()).toBe("");
  await look("sealed");
  expect(written()).toMatch(/^\n\d\d:\d\d:\d\d\nvault\n.*\n.* sealed .*\n$/);
  await stop();
  expect(written()).toBe("");
});

test("with --json it is a line for each change", async () => {
  const { written, look, stop } = await watch({ json: true });
  const first = written();
  expect(first).toMatch(/^\{.*\}\n$/);
  expect(JSON.parse(first)).toMatchObject({ at: expect.any(String), healthy: true, vaults: [{ state: "active" }] });
  await look("active");
  expect(written()).toBe("");
  await look("sealed");
  expect(JSON.parse(written())).toMatchObject({ healthy: false });
  await stop();
});

test("on a terminal it draws one picture again and again, gives the screen back, and leaves the last picture", async () => {
  const { written, look, stop } = await watch({ rows: 20 });
  expect(written()).toMatch(/^ESC\[\?1049h.*ESC\[H\d\d:\d\d:\d\d {3}every 2 s, Ctrl-C ends.* active /s);
  await look("active");
  expect(written()).toMatch(/^ESC\[H.* active .*ESC\[J$/s);
  await look("sealed");
  expect(written()).toContain(" sealed ");
  await stop();
  expect(written()).toMatch(/^ESC\[\?7hESC\[\?25hESC\[\?1049lvault\n.*\n.* sealed .*\n$/);
});

test("a picture that is higher than the screen says how much of it is cut", async () => {
  const { written, stop } = await watch({ rows: 3 });
  const text = written();
  expect(text).toMatch(/\.\.\. 3 more linesESC\[KESC\[J$/);
  expect(text.match(/\r\n/g)).toHaveLength(2);
  await stop();
});

test("a terminal that doesn't know its size is taken for one of 24 lines", async () => {
  const { written, stop } = await watch({ rows: 0 });
  expect(written()).toContain(" active ");
  await stop();
});

test("a failure ends it, and gives the screen back", async () => {
  const { written, look, ended } = await watch({ rows: 20 });
  await look(new Error("broken"));
  await expect(ended).rejects.toThrow("broken");
  expect(written()).toContain("ESC[?1049l");
});
