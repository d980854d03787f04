// The last lines of npm run bench: one table of what was measured, and the picture beside the JSON.
//
//   node test/bench/report.mjs [--out output/bench] [--since 2026-11-21T17:00:00.000Z]
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { picture } from "./picture.mjs";
import { defaultDirectory, readResults } from "./result.mjs";
import { markdown, table } from "./table.mjs";

const { values } = parseArgs({
  options: { out: { type: "string", default: defaultDirectory }, since: { type: "string" } },
});
const { out, since = "" } = values;
const measured = existsSync(out) ? readResults(out, { since }) : [];
if (measured.length > 0) {
  const all = readResults(out);
  writeFileSync(join(out, "bench.svg"), picture(all));
  writeFileSync(join(out, "bench.md"), `${markdown(all)}\n`);
  const quick = measured.some((result) => result.quick);
  console.log(`\n${table(measured)}\n`);
  console.log(
    `${measured[0]?.at.slice(0, 10)}, ${process.platform} ${process.arch}; load ${measured.map(({ load }) => load).join(", ")}`,
  );
  if (quick) console.log("Measured with --quick: it shows that the benches work, not how long anything takes.");
  console.log(`JSON, bench.svg and bench.md are in ${out}`);
}
