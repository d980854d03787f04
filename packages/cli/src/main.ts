import { constants } from "node:os";
import { CliError } from "./error.ts";
import { run } from "./run.ts";
import { Terminal } from "./terminal.ts";

const { env, stdin, stdout, stderr } = process;
const interrupt = new AbortController();

/** The first Ctrl-C lets the command clean up, the second one doesn't wait for it. */
function onSignal(name: NodeJS.Signals): void {
  if (interrupt.signal.aborted) process.exit(128 + constants.signals[name]);
  interrupt.abort(new CliError("CLI_INTERRUPTED", "stopped"));
}

for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
// Whoever read us has gone (as `head` does): there is nobody left to tell.
stdout.on("error", () => process.exit());

const terminal = new Terminal({ env, stdin, stdout, stderr });
process.exitCode = await run(process.argv.slice(2), { terminal, signal: interrupt.signal });
