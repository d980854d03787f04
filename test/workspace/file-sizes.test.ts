import { expect, it } from "vitest";
import { files, text } from "./tree.ts";

const sized = files
  .filter((file) => /\.(ts|mjs|go)$/.test(file))
  .map((file) => ({ file, lines: text(file).trimEnd().split("\n").length }))
  .sort((a, b) => a.lines - b.lines);

it("a file is short: the median under 80 lines, none over 300", () => {
  const median = sized[Math.floor(sized.length / 2)]?.lines ?? 0;
  console.log(`${sized.length} source files, median ${median} lines, longest:`);
  for (const { file, lines } of sized.slice(-5).reverse()) console.log(`${String(lines).padStart(5)} ${file}`);
  expect(median).toBeLessThan(80);
  expect(sized.filter(({ lines }) => lines > 300)).toEqual([]);
});
