// Puts what was measured last into README.md and docs: run it after npm run bench on a quiet machine.
//
//   node test/bench/publish.mjs [--out output/bench]
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { picture } from "./picture.mjs";
import { defaultDirectory, readResults } from "./result.mjs";
import { markdown } from "./table.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { values } = parseArgs({ options: { out: { type: "string", default: defaultDirectory } } });
const results = readResults(values.out).filter(({ quick }) => !quick);
if (results.length === 0) throw new Error(`no results in ${values.out} but quick ones: run npm run bench first`);
/** What a reader of the README asks about: a service, not the servers for its development. */
const services = results.filter(({ name }) => !name.startsWith("embedded-"));

replace("README.md", services);
replace("docs/performance.md", results);
writeFileSync(`${root}docs/bench.svg`, picture(services));

/** @param {string} file @param {readonly import("./result.mjs").Result[]} shown */
function replace(file, shown) {
  const [begin, end] = ["<!-- figures -->\n", "<!-- end of figures -->"];
  const text = readFileSync(root + file, "utf8");
  const [before = "", rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${file} has no ${begin.trim()}`);
  writeFileSync(root + file, `${before}${begin}${head(shown)}\n\n${markdown(shown)}\n${end}${after}`);
}

/** Date, machine and how busy it was. @param {readonly import("./result.mjs").Result[]} shown */
function head(shown) {
  const [first] = shown;
  const loads = shown.map(({ load }) => load);
  const machine = first?.machine
    .split(", ")
    .filter((part) => /^(Node|linux|darwin|\d+ x)/.test(part))
    .join(", ");
  const versions = [
    ...new Set(shown.flatMap(({ machine }) => machine.match(/(MariaDB|Consul|mysql2|express|consul) [\d.]+/g) ?? [])),
  ];
  return `Measured ${first?.at.slice(0, 10)}: ${machine}; ${versions.join(", ")}; load of the machine, the benches and their servers included: ${Math.min(...loads)} to ${Math.max(...loads)}.`;
}
