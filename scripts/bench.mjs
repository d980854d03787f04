// npm run bench: figures of this machine, peers beside ours in one run. `npm run bench -- NAME` runs one file.
import "./node-version.mjs";

const { setUp } = await import("./setup.mjs");
const { endOnSignal, run } = await import("./child.mjs");
const { root } = await import("./root.mjs");
const { join } = await import("node:path");

endOnSignal();
await setUp().catch(() => process.exit(1));
const vitest = [process.execPath, join(root, "node_modules/vitest/vitest.mjs"), "run", "--project", "bench"];
const { code } = await run([...vitest, "--disable-console-intercept", ...process.argv.slice(2)], { cwd: root });
process.exit(code);
