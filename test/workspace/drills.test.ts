import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { drillTable, peerTable, sabotageTable } from "../../scripts/drill-table.mjs";
import { breaks } from "../drills/sabotage/breaks.mjs";
import { root } from "./tree.ts";

const names = readdirSync(join(root, "test/drills"))
  .filter((file) => file.endsWith(".drill.ts"))
  .map((file) => file.slice(0, -".drill.ts".length));

function drills(...args: string[]): Promise<{ code: number | string | null | undefined; said: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["scripts/drills.mjs", ...args], { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, said: stdout + stderr });
    });
  });
}

describe("npm run drills", () => {
  it.each([
    [["--help"], 0, /^npm run drills +every drill/],
    [["--list"], 0, /^vault-leader-killed$/m],
    [["vault-leader-kiled"], 2, /^No drill vault-leader-kiled\. There are: /],
    [["--sabotage", "nothing"], 2, /^No break nothing\. There are: renewal-off, /],
    [["--engine", "imagined"], 2, /^--engine: real or embedded$/m],
    [["--runs", "0"], 2, /^--runs: a number of at least 1$/m],
    [["--fast"], 2, /^Unknown option '--fast'/],
  ] as const)("%j", async (args, code, said) => {
    const ended = await drills(...args);
    expect(ended.code).toBe(code);
    expect(ended.said).toMatch(said);
  });

  it.each(names)("%s has a section in docs/failures.md", (name) => {
    expect(readFileSync(join(root, "docs/failures.md"), "utf8")).toContain(`](drills/${name}.svg)`);
  });
});

describe("a deliberate break", () => {
  it.each(breaks)("$name still finds what it breaks, and drills that must notice", ({ edits, drills }) => {
    for (const { file, find, put } of edits) {
      expect(readFileSync(join(root, file), "utf8").split(find)).toHaveLength(2);
      expect(put).not.toBe(find);
    }
    for (const name of drills) expect(existsSync(join(root, "test/drills", `${name}.drill.ts`))).toBe(true);
  });
});

describe("the tables", () => {
  const summary = { calls: 10, failed: 1, p99Ms: 2.5 };
  const way = { before: summary, during: summary, after: summary, all: summary };
  const kept = {
    code: 0,
    engine: "real",
    load: { http: way, mysql: way },
    healthyAfterMs: 12,
    issued: { total: 3 },
    connections: { opened: 4, mostInASecond: 2 },
    left: { accounts: [], leases: [] },
    holds: [{ what: "no call fails", ok: true, figure: "0" }],
  };

  it("say what held, what did not, and what left no record", () => {
    const wrong = { ...kept, name: "b", holds: [{ what: "no call fails", ok: false, figure: "1" }] };
    const lines = drillTable([{ ...kept, name: "a" }, wrong, { name: "c", code: 1 }]).split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/^a +real +20 +2 +2\.5\/2\.5\/2\.5 +2\.5\/2\.5\/2\.5 +12 +3 +4 \(2\) +0 +yes$/);
    expect(lines[2]).toMatch(/NO: no call fails$/);
    expect(lines[3]).toMatch(/^c +NO: no record$/);
  });

  it("put the peer beside ours", () => {
    const lines = peerTable([
      { ...kept, name: "a", ours: kept },
      { name: "b", ours: {} },
    ]).split("\n");
    expect(lines[1]).toMatch(/^a +2 \/ 20 +2 \/ 20$/);
    expect(lines[2]).toMatch(/^b +skipped$/);
  });

  it("say which drill noticed a break", () => {
    const rows = [
      { name: "x", what: "is off", drill: "lease-renewed", by: ["at most 0 new credentials: 3"] },
      { name: "y", what: "is on", drill: undefined, by: [] },
    ];
    expect(sabotageTable(rows).split("\n").slice(1)).toEqual([
      "x      is off          lease-renewed  at most 0 new credentials: 3",
      "y      is on           NONE",
    ]);
  });
});
