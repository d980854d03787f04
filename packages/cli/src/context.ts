import type { Terminal } from "./terminal.ts";

/** What every command works with. */
export interface Context {
  terminal: Terminal;
  /** Aborted by Ctrl-C and SIGTERM. */
  signal: AbortSignal;
}
