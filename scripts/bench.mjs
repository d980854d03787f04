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
const { values, positionals: names } = parseArgs({
  options: { check: { type: "boolean" }, quick: { type: "boolean" }, out: { type: "string" } },
  allowPositionals: true,
});
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`No bench ${unknown.join(", ")}. There are: ${known.join(", ")}.`);
  process.exit(2);
}

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
