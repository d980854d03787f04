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

/** The codes of errors that are more than a failure. */
const ofCodes: Readonly<Record<string, number>> = {
  ADMIN_INVALID_OPTION: exitCodes.usage,
  CLI_INTERRUPTED: exitCodes.interrupted,
  CLI_USAGE: exitCodes.usage,
  DEVCLUSTER_INVALID_OPTION: exitCodes.usage,
  INVALID_DURATION: exitCodes.usage,
  INVALID_ENVIRONMENT: exitCodes.usage,
  INVALID_OPTION: exitCodes.usage,
};

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const { code } = (error ?? {}) as { code?: unknown };
  return ofCodes[String(code)] ?? exitCodes.failed;
}
