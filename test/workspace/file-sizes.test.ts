import { expect, it } from "vitest";
import { files, text } from "./tree.ts";

const sized = files
  .filter((file) => /\.(ts|mjs|go)$/.test(file))
  .map((file) => ({ file, lines: text(file).trimEnd().split("\n").length }))
  .sort((a, b) => b.lines - a.lines);

/** A test may be a long table. */
const most = (file: string): number => (/(^|\/)test\//.test(file) ? 600 : 300);

it("a file is short: the median under 80 lines, none over 300, a test's none over 600", () => {
  const median = sized[Math.floor(sized.length / 2)]?.lines ?? 0;
  const longest = sized.slice(0, 5).map(({ file, lines }) => `${file} ${lines}`);
  console.log(`${sized.length} source files, median ${median} lines; longest: ${longest.join(", ")}`);
  expect(median).toBeLessThan(80);
  expect(sized.filter(({ file, lines }) => lines > most(file))).toEqual([]);
});
