export type { Context } from "./context.ts";
export { CliError, type CliErrorCode } from "./error.ts";
export { exitCodes } from "./exit-code.ts";
export { run } from "./run.ts";
export { Terminal, type TerminalOptions } from "./terminal.ts";
