// What every bench does around its measuring: options, the lines it prints, the file it leaves, its exit code.
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { load, machine } from "./machine.mjs";
import { defaultDirectory, writeResult } from "./result.mjs";
import { table } from "./table.mjs";

/**
 * @typedef {{ rows: import("./row.mjs").Row[], runs: string, versions?: readonly string[], details?: readonly string[] }} Measured
 *   `versions` of servers and packages; `details` are printed and kept, and no bar asks for them
 * @typedef {{ quick: boolean, values: Readonly<Record<string, string | boolean | undefined>> }} Wanted
 */

/**
 * Runs a bench from its command line: `--check` ends with 1 where a row is below what is checked, `--quick` shows only that
 * it works, `--out DIR` says where its JSON goes. The bench is called as its file is.
 *
 * @param {{
 *   title: string, options?: import("node:util").ParseArgsConfig["options"],
 *   measure: (wanted: Wanted) => Promise<Measured>,
 * }} bench `options` beside the three, as `parseArgs` takes them
 */
export async function program({ title, options = {}, measure }) {
  const { values } = parseArgs({
    options: { ...options, check: { type: "boolean" }, quick: { type: "boolean" }, out: { type: "string" } },
  });
  const { check = false, quick = false, out = defaultDirectory } = /** @type {Record<string, any>} */ (values);
  const name = basename(process.argv[1] ?? "", ".mjs");
  const at = new Date();
  console.log(`\n${title}`);
  const { rows, runs, versions, details = [] } = await measure({ quick, values });
  const seconds = (Date.now() - at.getTime()) / 1_000;
  const result = {
    ...{ name, title, at: at.toISOString(), seconds, quick, machine: machine(versions), load: load(), runs },
    ...{ rows, details: [...details] },
  };
  writeResult(out, result);
  for (const line of [result.machine, `${runs}; load ${result.load}`, ...details]) console.log(`  ${line}`);
  console.log(table([result]));
  const below = rows.filter(({ checks }) => checks === false);
  if (check) for (const { question } of below) console.error(`does not hold: ${question}`);
  process.exitCode = check && below.length > 0 ? 1 : 0;
}
