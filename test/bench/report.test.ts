import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { picture } from "./picture.mjs";
import { readResults, writeResult } from "./result.mjs";
import { row, worst } from "./row.mjs";
import { median, quantileRatio, spread } from "./spread.mjs";
import { markdown, table } from "./table.mjs";

const scratch = mkdtempSync(join(tmpdir(), "minicluster-bench-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const figure = { median: 0.97, low: 0.96, high: 0.99 };
const throughput = {
  question: "pool",
  ours: { value: 12_345, unit: "/s" },
  peer: { value: 12_700, unit: "/s" },
  figure,
  bar: { least: 0.98 },
};
const result = {
  ...{ name: "pool", title: "Is it slow?", at: "2026-11-21T17:00:00.000Z", seconds: 3, quick: false, load: 0.4 },
  ...{ machine: "Node 20, 2 x CPU <&>", runs: "40 pairs", details: [], rows: [row(throughput)] },
};

describe("a row", () => {
  const answers: [string, Parameters<typeof row>[0], boolean, boolean][] = [
    ["below its bar, within the check", { ...throughput, check: { least: 0.95, of: "low" } }, false, true],
    ["below both", throughput, false, false],
    ["an interval that ends below the check", { ...throughput, check: { least: 0.965, of: "low" } }, false, false],
    ["above the least", { ...throughput, bar: { least: 0.9 } }, true, true],
    ["above the most", { ...throughput, bar: { most: 0.9 } }, false, false],
    ["below the most", { ...throughput, bar: { most: 1.1 } }, true, true],
    [
      "no number at all",
      { ...throughput, figure: { median: Number.NaN, low: 0, high: 0 }, bar: { most: 1 } },
      false,
      false,
    ],
  ];

  it.each(answers)("%s", (_, given, holds, checks) => {
    expect(row(given)).toMatchObject({ holds, checks });
  });

  it("without a bar neither holds nor does not", () => {
    const { bar: _bar, ...rest } = throughput;
    expect(row(rest)).not.toHaveProperty("holds");
  });

  it("the worst of several speaks for all, and says which it is", () => {
    const better = { of: "1 caller", ...row({ ...throughput, figure: { median: 1, low: 1, high: 1 } }) };
    const both = worst("pool", [better, { of: "10 callers", ...row(throughput) }]);
    expect(both).toMatchObject({ question: "pool (the worst of 2: 10 callers)", figure, holds: false });
    expect(both).not.toHaveProperty("of");
  });
});

describe("a spread", () => {
  it("is the median and where it would lie if it were measured again", () => {
    const values = Array.from({ length: 101 }, (_, n) => n);
    const { median: middle, low, high } = spread(values);
    expect(middle).toBe(50);
    expect(low).toBeGreaterThan(35);
    expect(high).toBeLessThan(65);
    expect(low).toBeLessThan(50);
    expect(high).toBeGreaterThan(50);
    expect(median([1, 2, 3, 10])).toBe(2.5);
  });

  it("of a quantile compares what both sides have in all parts", () => {
    const part = { ours: [1, 2, 3, 40], theirs: [1, 2, 3, 20] };
    expect(quantileRatio([part, part], 1)).toEqual({ median: 2, low: 2, high: 2 });
  });
});

it("the table says what both sides were, how they compare, and by how much it does not hold", () => {
  expect(table([result])).toBe(
    [
      "question  ours      peer      ratio (95 % interval)  bar         holds",
      "pool      12,345/s  12,700/s  0.970 x (0.960-0.990)  >= 0.980 x  no, by 1.0 %",
    ].join("\n"),
  );
  const within = row({ ...throughput, check: { least: 0.95, of: "low" } });
  expect(markdown([{ ...result, rows: [within] }])).toContain("| >= 0.980 x | no, by 1.0 %, within the check |");
  expect(table([{ ...result, rows: [row({ ...throughput, bar: { least: 0.9 } })] }])).toMatch(/ yes$/);
  const none = row({ question: "failed", figure: { median: 0, low: 0, high: 0 }, unit: "", bar: { most: 0 } });
  expect(markdown([{ ...result, rows: [none] }])).toContain("| failed |  |  | 0 | <= 0 | yes |");
});

it("the picture ends beyond the line where a row does not hold, and quotes what SVG would read", () => {
  const svg = picture([result]);
  expect(svg).toContain("Node 20, 2 x CPU &lt;&amp;&gt;");
  const length = Number(/<rect x="\d+" y="\d+" width="([\d.]+)"/.exec(svg)?.[1]);
  const line = Number(/<line x1="([\d.]+)" x2="\1"/.exec(svg)?.[1]) - 560;
  expect(length).toBeGreaterThan(line);
  expect(length).toBeLessThan(line * 1.05);
});

it("results are found again, in the order of their measuring, and only those asked for", () => {
  const directory = join(scratch, "results");
  writeResult(directory, { ...result, name: "b", at: "2026-11-21T17:00:00.000Z" });
  writeResult(directory, { ...result, name: "a", at: "2026-11-21T18:00:00.000Z" });
  expect(readResults(directory).map(({ name }) => name)).toEqual(["b", "a"]);
  expect(readResults(directory, { since: "2026-11-21T17:30:00.000Z" })).toEqual([
    { ...result, name: "a", at: "2026-11-21T18:00:00.000Z" },
  ]);
});

describe("a bench from its command line", () => {
  const program = join(scratch, "slow.mjs");
  const folder = fileURLToPath(new URL(".", import.meta.url));
  writeFileSync(
    program,
    `import { program } from "${folder}program.mjs";
     import { row } from "${folder}row.mjs";
     await program({
       title: "Is it slow?",
       options: { runs: { type: "string" } },
       measure: async ({ quick, values: { runs = "5" } }) => ({
         rows: [row({ question: "slow", figure: { median: 3, low: 3, high: 3 }, bar: { most: 2 } })],
         runs: runs + (quick ? " quick" : ""), details: ["a line"], versions: ["Thing 1.2"],
       }),
     });`,
  );
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [program, "--out", join(scratch, "out"), ...args], { encoding: "utf8" });

  it("prints its table and leaves JSON, and fails below its bar only where that is asked", () => {
    const { status, stdout } = run("--quick", "--runs", "7");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\nIs it slow\?\n {2}Node .*Thing 1\.2.*\n {2}7 quick; load .*\n {2}a line\nquestion/);
    const kept = JSON.parse(readFileSync(join(scratch, "out/slow.json"), "utf8"));
    expect(kept).toMatchObject({ name: "slow", quick: true, runs: "7 quick", rows: [{ holds: false }] });
  });

  it("ends with 1 when it is checked", () => {
    const { status, stderr } = run("--check");
    expect(stderr).toBe("does not hold: slow\n");
    expect(status).toBe(1);
  });
});
