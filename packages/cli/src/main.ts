import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { CommanderError } from "commander";
import { exitCodeOf, Interrupted } from "./exit-code.ts";
import { inOptions } from "./option-name.ts";
import { program } from "./program.ts";
import { Terminal } from "./terminal.ts";

const { env, stdin, stdout, stderr } = process;
const terminal = new Terminal({ env, stdin, stdout, stderr });
const interrupt = new AbortController();

/** The first Ctrl-C lets the command clean up, the second one doesn't wait for it. */
function onSignal(name: NodeJS.Signals): void {
  if (interrupt.signal.aborted) process.exit(128 + constants.signals[name]);
  interrupt.abort(new Interrupted("stopped"));
}

async function main(): Promise<void> {
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  // Whoever read us has gone (as `head` does): there is nobody left to tell.
  stdout.on("error", () => process.exit());
  try {
    const root = program({ terminal, signal: interrupt.signal }, version());
    if (process.argv.length <= 2) return terminal.print(root.helpInformation().trimEnd());
    await root.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    report(error);
  }
}

/** One line; the stack only with DEBUG. */
function report(error: unknown): void {
  const failure = error instanceof Error ? error : new Error(String(error));
  if (failure instanceof CommanderError && failure.exitCode === 0) return;
  const line = inOptions(failure)
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ");
  terminal.note(`minicluster: ${line}`);
  if (env["DEBUG"] && failure.stack) terminal.note(failure.stack);
}

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return String((JSON.parse(text) as { version?: unknown }).version);
}

await main();
