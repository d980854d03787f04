// Puts what the last full run of the drills showed into README.md and docs: run it after npm run drills on a quiet machine.
//
//   node test/drills/publish.mjs [--out output/drills]
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { values } = parseArgs({ options: { out: { type: "string", default: "output/drills" } } });
const out = resolve(root, values.out);

/** @typedef {{ calls: number, failed: number, p99Ms: number }} Summary */
/** @typedef {{ before: Summary, during: Summary, after: Summary, all: Summary }} Load */
/**
 * @typedef {{
 *   name: string, what: string, engine: string, form: string, date: string, machine: string, held: boolean,
 *   load: { http: Load, mysql: Load }, healthyAfterMs: number, issued: { total: number },
 *   left: { accounts: string[], leases: string[] }, holds: { what: string, ok: boolean }[],
 * }} Shown
 */

/** @type {Shown[]} */
const drills = read("drills.json").filter((/** @type {Shown} */ { form }) => form === "full");
if (drills.length === 0) throw new Error(`no full drill in ${out}: run npm run drills first`);
/** @type {Shown[]} */
const peers = read("peer.json");

replace("README.md", "drills", drillTable());
const breaks = read("sabotage.json");
if (breaks.length > 0) replace("docs/failures.md", "breaks", breakTable());
mkdirSync(join(root, "docs/drills"), { recursive: true });
for (const { name } of drills) copyFileSync(join(out, `${name}.svg`), join(root, "docs/drills", `${name}.svg`));

function drillTable() {
  const [{ date, machine } = { date: "", machine: "" }] = drills;
  const head = [
    "drill",
    "calls",
    "failed",
    "p99 of todo, ms",
    "p99 of the pool, ms",
    "well after",
    "issued",
    "left",
    "holds",
  ];
  const rows = drills.map((drill) => {
    const { name, load, healthyAfterMs, issued, left, holds } = drill;
    const broken = holds.filter(({ ok }) => !ok).map(({ what }) => what);
    return [
      `[${name}](docs/failures.md)`,
      count(load.http.all.calls + load.mysql.all.calls),
      count(failed(drill)),
      p99(load.http),
      p99(load.mysql),
      healthyAfterMs === undefined ? "never" : `${(healthyAfterMs / 1_000).toFixed(1)} s`,
      count(issued.total),
      count(left.accounts.length + left.leases.length),
      broken.length === 0 ? "yes" : `no: ${broken.join(", ")}`,
      ...(peers.length > 0 ? [failedOf(peers.find((peer) => peer.name === name))] : []),
    ];
  });
  if (peers.length > 0) head.push("failed with node-vault and mysql2 alone");
  return `Run ${date.slice(0, 10)}: ${machine}, real servers.\n\n${table([head, ...rows])}`;
}

function breakTable() {
  const rows = breaks.map((/** @type {{ what: string, drill?: string, by: string[] }} */ { what, drill, by }) => [
    what,
    drill ? `\`${drill}\`` : "none",
    by[0]?.split(": ")[0] ?? "",
  ]);
  return table([["broken on purpose", "noticed by", "which saw that this did not hold"], ...rows]);
}

/** @param {Shown} drill */
function failed({ load }) {
  return load.http.all.failed + load.mysql.all.failed;
}

/** @param {Shown | undefined} peer */
function failedOf(peer) {
  return peer?.load ? count(failed(peer)) : "";
}

/** @param {Load} load */
function p99({ before, during, after }) {
  return [before, during, after].map(({ p99Ms }) => Math.round(p99Ms)).join(" / ");
}

/** @param {number} number */
function count(number) {
  return number.toLocaleString("en");
}

/** @param {string[][]} rows */
function table([head = [], ...rows]) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** @param {string} file */
function read(file) {
  const path = join(out, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
}

/** @param {string} file @param {string} what @param {string} text */
function replace(file, what, text) {
  const [begin, end] = [`<!-- ${what} -->\n`, `<!-- end of ${what} -->`];
  const [before = "", rest] = readFileSync(root + file, "utf8").split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${file} has no ${begin.trim()}`);
  writeFileSync(root + file, `${before}${begin}${text}\n${end}${after}`);
}
