import { type ErrorKind, MiniclusterError } from "@minicluster/core";

/** Every code of this package; the README says what each means. */
export type CliErrorCode = "CLI_INSTANCE_ENDED" | "CLI_INTERRUPTED" | "CLI_NO_CLUSTER" | "CLI_UNHEALTHY" | "CLI_USAGE";

const kinds: Readonly<Record<CliErrorCode, ErrorKind>> = {
  CLI_INSTANCE_ENDED: "unreachable",
  CLI_INTERRUPTED: "unreachable",
  CLI_NO_CLUSTER: "unreachable",
  CLI_UNHEALTHY: "unreachable",
  CLI_USAGE: "invalid",
};

/** What a command throws of its own. Its message is the line that is shown. */
export class CliError extends MiniclusterError {
  declare readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string) {
    super({ code, kind: kinds[code], message });
  }
}

/** The error of a wrong option or variable: which one, and what to write. */
export function usageError(message: string): CliError {
  return new CliError("CLI_USAGE", message);
}
