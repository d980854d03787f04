// The same measured at several sizes, each in a process of its own, run after run.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { row } from "./row.mjs";
import { median, spread } from "./spread.mjs";

/**
 * Runs a program of this folder, which prints one line of JSON.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @returns {Promise<unknown>}
 */
export async function ownProcess(file, args) {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ["--expose-gc", program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  for await (const chunk of child.stdout) text += chunk;
  if (text === "") throw new Error(`${file} ${args.join(" ")} printed nothing; see above`);
  return JSON.parse(text);
}

/**
 * What one thing costs at the largest size, to the smallest; and a line with all sizes.
 *
 * @template T
 * @param {{
 *   question: string, taken: readonly (readonly T[])[], of: (one: T) => number, unit: string, sizes: readonly number[],
 *   bar: import("./row.mjs").Bar,
 * }} options `taken` by run, then by size
 */
export function across({ question, taken, of, unit, sizes, bar }) {
  const medians = sizes.map((_, index) => median(taken.map((run) => of(run[index]))));
  const figure = spread(taken.map((run) => of(run.at(-1)) / of(run[0])));
  const [ours, peer] = [medians.at(-1), medians[0]].map((value = 0) => ({ value, unit }));
  const line = sizes.map((size, index) => `${size}: ${medians[index]?.toFixed(1)} ${unit}`).join(", ");
  return { row: row({ question, ours, peer, figure, bar }), line };
}
