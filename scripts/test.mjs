// npm test: set-up, then every stage; `npm test -- NAME...` runs the named ones.
import "./node-version.mjs";

const { mkdtempSync, rmSync } = await import("node:fs");
const { tmpdir } = await import("node:os");
const { join } = await import("node:path");
const { endOnSignal } = await import("./child.mjs");
const { stages } = await import("./stages.mjs");
const { setUp } = await import("./setup.mjs");
const { oneCheck, sum } = await import("./tally.mjs");

const names = process.argv.slice(2);
if (names.some((name) => name === "--help" || name === "-h")) {
  console.log(help());
  process.exit(0);
}
const unknown = names.filter((name) => !stages.some((stage) => stage.name === name));
if (unknown.length > 0) {
  console.error(`No stage ${unknown.join(", ")}. There are: ${stages.map((stage) => stage.name).join(", ")}.`);
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), "minicluster-test-"));
const cleanUp = () => rmSync(scratch, { recursive: true, force: true });
endOnSignal(cleanUp);

const rows = [];
const wanted = ({ name, long }) => (names.length > 0 ? names.includes(name) : !long || process.env.MINICLUSTER_LONG);
const chosen = stages.filter(wanted);
const built = await timed({ name: "set-up", run: () => setUp().then(() => undefined) });
for (const stage of built ? chosen : []) {
  console.log(`\n=== ${stage.name}: ${stage.what}`);
  await timed(stage);
}
cleanUp();
const total = report(rows);
process.exitCode = total.failed > 0 ? 1 : 0;

/** Runs one stage and keeps its row. False when it failed. */
async function timed(stage) {
  const started = performance.now();
  const tally = await stage.run({ scratch }).catch((error) => {
    console.error(error.name === "SetupError" ? error.message : error);
    return oneCheck(false);
  });
  rows.push({ name: stage.name, seconds: (performance.now() - started) / 1_000, tally });
  return tally === undefined || tally.failed === 0;
}

/** The table, and the one line that says it all. */
function report(rows) {
  const line = (...cells) =>
    console.log(
      cells[0].padEnd(12) +
        cells
          .slice(1)
          .map((cell) => String(cell).padStart(9))
          .join(""),
    );
  console.log("");
  line("stage", "seconds", "passed", "failed", "skipped");
  for (const { name, seconds, tally } of rows) {
    const counts = tally ? [tally.passed, tally.failed, tally.skipped] : ["", "", ""];
    line(name, seconds.toFixed(1), ...counts);
  }
  const total = sum(rows.flatMap(({ tally }) => tally ?? []));
  const seconds = rows.reduce((so, row) => so + row.seconds, 0);
  line("all", seconds.toFixed(1), total.passed, total.failed, total.skipped);
  for (const { name, tally } of rows) if (tally?.reason) console.log(`${name}: ${tally.reason}`);
  // Once more at the end: who reads the last page of a long run finds what to look for.
  for (const { name, tally } of rows) for (const test of tally?.broke ?? []) console.log(`failed in ${name}: ${test}`);
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total;
}

function help() {
  const list = stages
    .map(({ name, what, long }) => `  ${name.padEnd(12)}${what}${long ? " (in the long form, or by name)" : ""}`)
    .join("\n");
  return `npm test                 every stage
npm test -- STAGE...     the named stages; set-up always runs before

${list}

MINICLUSTER_REQUIRE_LEGS=all   a server that can't be had is a failure, not a skip (or names: mariadb,consul)
MINICLUSTER_LONG=1             the long form: 60 s of load instead of 20 s, every engine, the other Node on servers`;
}
