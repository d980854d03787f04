// npm run drills: failures under load, one a file. `-- --help` says more.
import "./node-version.mjs";

const { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } = await import("node:fs");
const { join, resolve } = await import("node:path");
const { parseArgs } = await import("node:util");
const { endOnSignal, run } = await import("./child.mjs");
const { root } = await import("./root.mjs");
const { setUp } = await import("./setup.mjs");
const { drillTable, peerTable, sabotageTable } = await import("./drill-table.mjs");
const { breakNames, sabotage } = await import("./sabotage.mjs");

const help = `npm run drills                  every drill, on real servers where it can be had, about half an hour
npm run drills -- NAME...       the named ones

  --short           fewer calls a second, shorter waits; latencies are not held to their bars
  --engine ENGINE   real or embedded, where a drill can be done on it; default: real
  --runs N          so many runs in a row; default 1
  --out DIR         where NAME.json, NAME.svg and drills.json go; default output/drills
  --sabotage        breaks copies of the libraries in one way after another, and shows which drill notices;
                    with names, these breaks alone
  --peer            services whose client is written as the READMEs of node-vault and mysql2 say, in place of ours; their
                    failures beside those of our last run
  --mixed MINUTES   failures of every kind, one after the other, for so long
  --list            the names

MINICLUSTER_SEED=N repeats the choices of a run. Exit code: 0 every drill held, 1 one did not (or noticed no break), 2 a wrong option.`;

const all = readdirSync(join(root, "test/drills"))
  .filter((file) => file.endsWith(".drill.ts"))
  .map((file) => file.slice(0, -".drill.ts".length));

const { values, positionals: names } = parsed();
if (values.help) end(0, help);
const known = values.sabotage ? breakNames : all;
if (values.list) end(0, known.join("\n"));
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0)
  end(2, `No ${values.sabotage ? "break" : "drill"} ${unknown.join(", ")}. There are: ${known.join(", ")}.`);
if (values.engine !== undefined && !["real", "embedded"].includes(values.engine)) end(2, "--engine: real or embedded");
const runs = Number(values.runs ?? 1);
if (!Number.isInteger(runs) || runs < 1) end(2, "--runs: a number of at least 1");
const minutes = Number(values.mixed ?? 1);
if (!(minutes > 0)) end(2, "--mixed: a number of minutes");

endOnSignal();
await setUp().catch(() => process.exit(1));
const out = resolve(root, values.out ?? "output/drills");
const env = {
  ...(values.mixed ? { MINICLUSTER_MIXED_MINUTES: String(minutes) } : {}),
  MINICLUSTER_DRILL_FORM: values.short ? "short" : "full",
  ...(values.engine ? { MINICLUSTER_DRILL_ENGINE: values.engine } : {}),
};
mkdirSync(out, { recursive: true });
let held = true;
if (values.sabotage) {
  const rows = await sabotage({ env, out, names, perform });
  writeFileSync(join(out, "sabotage.json"), `${JSON.stringify(rows, undefined, 1)}\n`);
  console.log(`\n${sabotageTable(rows)}`);
  process.exit(rows.every(({ drill }) => drill) ? 0 : 1);
}
if (values.peer) {
  const records = [];
  for (const name of chosen()) {
    const ours = recordOf(name, out);
    const { record } = await perform(name, { root, env: { ...env, MINICLUSTER_DRILL_PEER: "1" }, out }, `${name}.peer`);
    records.push({ ...record, name, ours });
  }
  writeFileSync(join(out, "peer.json"), `${JSON.stringify(records, undefined, 1)}\n`);
  console.log(`\n${peerTable(records)}`);
  process.exit(0);
}
for (let number = 1; number <= runs; number += 1) {
  const records = [];
  for (const name of chosen()) {
    const { code, record } = await perform(name, { root, env, out });
    held &&= code === 0;
    records.push({ name, code, ...record });
  }
  writeFileSync(
    join(out, runs > 1 ? `drills-${number}.json` : "drills.json"),
    `${JSON.stringify(records, undefined, 1)}\n`,
  );
  console.log(`\n${drillTable(records)}`);
}
process.exit(held ? 0 : 1);

/** One drill in a process of its own, in this tree or a copy of it; its record without the load's samples. */
async function perform(name, { root, env, out }, kept = name) {
  rmSync(join(out, `${kept}.json`), { force: true });
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const only = join(root, "test/drills", name === "mixed" ? "mixed" : "", `${name}.drill.ts`);
  const options = ["--project", "drills", "--disable-console-intercept", "--reporter=dot"];
  const command = [process.execPath, vitest, "run", ...options, only];
  const { code } = await run(command, { cwd: root, env: { ...env, MINICLUSTER_DRILL_OUT: out } });
  return { code, record: recordOf(kept, out) };
}

function recordOf(name, out) {
  const file = join(out, `${name}.json`);
  const { buckets: _, ...record } = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  return record;
}

/** The mixed failures are no drill of the list: they take an hour. */
function chosen() {
  if (values.mixed) return ["mixed"];
  return names.length > 0 ? names : all;
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        list: { type: "boolean" },
        sabotage: { type: "boolean" },
        peer: { type: "boolean" },
        mixed: { type: "string" },
        short: { type: "boolean" },
        engine: { type: "string" },
        runs: { type: "string" },
        out: { type: "string" },
      },
    });
  } catch (error) {
    return end(2, `${error.message}\n\n${help}`);
  }
}

function end(code, text) {
  (code === 0 ? console.log : console.error)(text);
  process.exit(code);
}
