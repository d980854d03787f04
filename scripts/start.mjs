// npm start: a whole cluster on this machine, with two todo instances.
import "./node-version.mjs";

const { setUp } = await import("./setup.mjs");
const { endOnSignal } = await import("./child.mjs");
const { root } = await import("./root.mjs");
const { join } = await import("node:path");

const off = endOnSignal();
await setUp().catch(() => process.exit(1));
off();

// In this very process: its signals, streams and exit code are the command's own.
const command = join(root, "packages/cli/bin/minicluster.js");
process.chdir(root);
const todo = "todo=node services/todo/bin/minicluster-todo.js";
process.argv = [process.execPath, command, "dev", "--run", todo, ...process.argv.slice(2)];
await import(command);
