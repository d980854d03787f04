// npm run bench: figures of this machine, peers beside ours in one run. `-- NAME` runs one file, `-- --check` fails below a bar.
import "./node-version.mjs";

const { setUp } = await import("./setup.mjs");
const { endOnSignal, run } = await import("./child.mjs");
const { root } = await import("./root.mjs");
const { join } = await import("node:path");

endOnSignal();
await setUp().catch(() => process.exit(1));
const args = process.argv.slice(2);
const env = args.includes("--check") ? { MINICLUSTER_BENCH_CHECK: "1" } : {};
const vitest = [
  join(root, "node_modules/vitest/vitest.mjs"),
  "run",
  "--project",
  "bench",
  "--disable-console-intercept",
];
const names = args.filter((arg) => arg !== "--check");
const { code } = await run([process.execPath, ...vitest, ...names], { cwd: root, env });
process.exit(code);
