// What one bench came to, as a file that others read.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{
 *   name: string, title: string, at: string, seconds: number, quick: boolean, machine: string, load: number, runs: string,
 *   rows: import("./row.mjs").Row[], details: string[],
 * }} Result `at` in ISO 8601; `details` are lines that no bar asks for
 */

/** Where results are kept when nobody says otherwise. */
export const defaultDirectory = fileURLToPath(new URL("../../output/bench", import.meta.url));

/** @param {string} directory made where it is missing @param {Result} result */
export function writeResult(directory, result) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${result.name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

/**
 * The results in a directory, in the order of their measuring.
 *
 * @param {string} directory
 * @param {{ since?: string }} [options] only those that began then or later
 * @returns {Result[]}
 */
export function readResults(directory, { since = "" } = {}) {
  return readdirSync(directory)
    .filter((file) => file.endsWith(".json"))
    .map((file) => /** @type {Result} */ (JSON.parse(readFileSync(join(directory, file), "utf8"))))
    .filter(({ at }) => at >= since)
    .sort((a, b) => (a.at < b.at ? -1 : 1));
}
