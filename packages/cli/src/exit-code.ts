import { CommanderError } from "commander";

/** What the process ends with. */
export const exitCodes = {
  ok: 0,
  /** It failed, or found something unhealthy. */
  failed: 1,
  /** The command, an option or a variable is wrong: nothing was done. */
  usage: 2,
  /** Ended by Ctrl-C (128 + SIGINT, as shells count). */
  interrupted: 130,
} as const;

/** A wrong command, option or variable. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command ran and found something that isn't well; it has said what. */
export class Unhealthy extends Error {
  override readonly name = "Unhealthy";
}

/** Ctrl-C or SIGTERM. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** The exit code of an error. Libraries call an invalid setting kind `invalid`. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof Interrupted) return exitCodes.interrupted;
  if (error instanceof UsageError) return exitCodes.usage;
  const { code } = (error ?? {}) as { code?: unknown };
  return usageCodes.has(String(code)) ? exitCodes.usage : exitCodes.failed;
}

/** Codes of errors that name a wrong setting. */
const usageCodes: ReadonlySet<string> = new Set([
  "ADMIN_INVALID_OPTION",
  "DEVCLUSTER_INVALID_OPTION",
  "INVALID_DURATION",
  "INVALID_OPTION",
  "INVALID_ENVIRONMENT",
]);
