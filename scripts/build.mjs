// npm run build: set-up alone, as start, test and bench do it first.
import "./node-version.mjs";

const { endOnSignal } = await import("./child.mjs");
const { setUp } = await import("./setup.mjs");

endOnSignal();
await setUp().catch(() => process.exit(1));
