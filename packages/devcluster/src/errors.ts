import { type ErrorKind, MiniclusterError } from "@minicluster/core";

export type DevClusterErrorCode =
  | "DEVCLUSTER_CLOSED"
  | "DEVCLUSTER_INVALID_OPTION"
  | "DEVCLUSTER_NO_SUCH_SERVICE"
  | "DEVCLUSTER_UNSEAL_FAILED"
  | "DEVCLUSTER_VAULT_AWAY";

const kinds: Readonly<Record<DevClusterErrorCode, ErrorKind>> = {
  DEVCLUSTER_CLOSED: "invalid",
  DEVCLUSTER_INVALID_OPTION: "invalid",
  DEVCLUSTER_NO_SUCH_SERVICE: "invalid",
  DEVCLUSTER_UNSEAL_FAILED: "unreachable",
  DEVCLUSTER_VAULT_AWAY: "unreachable",
};

/** What `@minicluster/devcluster` throws of its own. Every code is explained in the README. */
export class DevClusterError extends MiniclusterError {
  constructor(code: DevClusterErrorCode, message: string) {
    super({ code, kind: kinds[code], message });
  }
}
