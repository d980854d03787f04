// npm run bench: figures of this machine, peers beside ours in one run. `-- NAME...` runs those, `-- --check` fails below a
// bar, `-- --quick` shows only that they work, `-- --out DIR` says where JSON and picture go.
import "./node-version.mjs";

const { readdirSync } = await import("node:fs");
const { join, resolve } = await import("node:path");
const { parseArgs } = await import("node:util");
const { setUp } = await import("./setup.mjs");
const { endOnSignal, run } = await import("./child.mjs");
const { root } = await import("./root.mjs");

const folder = join(root, "test/bench");
const known = readdirSync(folder).flatMap((file) => (file.endsWith(".bench.ts") ? [file.slice(0, -9)] : []));
const help = `npm run bench                   every bench, about ten minutes on two cores; wants a quiet machine
npm run bench -- NAME...        the named ones

  --check     exit code 1 where a figure is below what is checked
  --quick     every bench in two minutes: it shows that they work, not how long anything takes
  --out DIR   where NAME.json, bench.md and bench.svg go; default output/bench

There are: ${known.join(", ")}.`;
const { values, positionals: names } = parsed();
if (values.help) end(0, help);
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) end(2, `No bench ${unknown.join(", ")}. There are: ${known.join(", ")}.`);

endOnSignal();
await setUp().catch(() => process.exit(1));
const out = resolve(values.out ?? join(root, "output/bench"));
const env = {
  ...(values.check && { MINICLUSTER_BENCH_CHECK: "1" }),
  ...(values.quick && { MINICLUSTER_BENCH_QUICK: "1" }),
  MINICLUSTER_BENCH_OUT: out,
};
const vitest = [
  join(root, "node_modules/vitest/vitest.mjs"),
  "run",
  "--project",
  "bench",
  "--disable-console-intercept",
];
const files = names.map((name) => join("test/bench", `${name}.bench.ts`));
const since = new Date().toISOString();
const { code } = await run([process.execPath, ...vitest, ...files], { cwd: root, env });
await run([process.execPath, join(folder, "report.mjs"), "--out", out, "--since", since], { cwd: root });
process.exit(code);

function parsed() {
  const flag = { type: "boolean" };
  const options = { check: flag, quick: flag, help: flag, out: { type: "string" } };
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return end(2, error.message);
  }
}

function end(code, line) {
  (code ? console.error : console.log)(line);
  process.exit(code);
}
