// npm run pnpm -- add ...: the pinned pnpm, for a change of dependencies.
import "./node-version.mjs";

const { spawnSync } = await import("node:child_process");
const { pnpm, root } = await import("./root.mjs");

const [file, ...args] = pnpm(...process.argv.slice(2));
process.exit(spawnSync(file, args, { cwd: process.env.INIT_CWD ?? root, stdio: "inherit" }).status ?? 1);
