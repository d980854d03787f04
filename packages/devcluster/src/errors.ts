import { type ErrorKind, MiniclusterError } from "@minicluster/core";

export type DevClusterErrorCode =
  | "DEVCLUSTER_CLOSED"
  | "DEVCLUSTER_DATA_IN_USE"
  | "DEVCLUSTER_INVALID_OPTION"
  | "DEVCLUSTER_MYSQL_AWAY"
  | "DEVCLUSTER_NO_LOGIN"
  | "DEVCLUSTER_NO_MYSQL"
  | "DEVCLUSTER_NO_SUCH_SERVICE"
  | "DEVCLUSTER_NOT_OURS"
  | "DEVCLUSTER_UNSEAL_FAILED"
  | "DEVCLUSTER_VAULT_AWAY";

const kinds: Readonly<Record<DevClusterErrorCode, ErrorKind>> = {
  DEVCLUSTER_CLOSED: "invalid",
  DEVCLUSTER_DATA_IN_USE: "refused",
  DEVCLUSTER_INVALID_OPTION: "invalid",
  DEVCLUSTER_MYSQL_AWAY: "unreachable",
  DEVCLUSTER_NO_LOGIN: "unreachable",
  DEVCLUSTER_NO_MYSQL: "invalid",
  DEVCLUSTER_NO_SUCH_SERVICE: "invalid",
  DEVCLUSTER_NOT_OURS: "invalid",
  DEVCLUSTER_UNSEAL_FAILED: "unreachable",
  DEVCLUSTER_VAULT_AWAY: "unreachable",
};

/** What `@minicluster/devcluster` throws of its own. Every code is explained in the README. */
export class DevClusterError extends MiniclusterError {
  constructor(code: DevClusterErrorCode, message: string, cause?: unknown) {
    super({ code, kind: kinds[code], message, cause });
  }
}

/** @returns an error that names the option and what to write */
export function invalidOption(message: string): DevClusterError {
  return new DevClusterError("DEVCLUSTER_INVALID_OPTION", message);
}
