import { CommanderError } from "commander";
import type { Context } from "./context.ts";
import { exitCodeOf, exitCodes } from "./exit-code.ts";
import { inOptions } from "./option-name.ts";
import { ownVersion } from "./own-version.ts";
import { program } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/** Runs one command line and resolves to its exit code. What failed is told on stderr, in one line. */
export async function run(args: readonly string[], context: Context): Promise<number> {
  try {
    const root = program(context, ownVersion());
    if (args.length === 0) context.terminal.print(root.helpInformation().trimEnd());
    else await root.parseAsync(args, { from: "user" });
    return exitCodes.ok;
  } catch (error) {
    report(context.terminal, error);
    return exitCodeOf(error);
  }
}

/** The stack comes with DEBUG only. */
function report(terminal: Terminal, error: unknown): void {
  const failure = error instanceof Error ? error : new Error(String(error));
  if (failure instanceof CommanderError && failure.exitCode === 0) return;
  const line = inOptions(failure)
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ");
  terminal.note(`minicluster: ${line}`);
  if (terminal.env["DEBUG"] && failure.stack) terminal.note(failure.stack);
}
