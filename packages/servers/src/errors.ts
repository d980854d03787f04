import { type ErrorKind, MiniclusterError } from "@minicluster/core";

export type ServersErrorCode =
  | "BINARY_MISSING"
  | "FETCH_FAILED"
  | "COMMAND_FAILED"
  | "START_FAILED"
  | "NOT_READY"
  | "NOT_RUNNING"
  | "REQUEST_FAILED"
  | "INVALID_OPTION"
  | "NO_FREE_PORT"
  | "CLOSED";

const kinds: Readonly<Record<ServersErrorCode, ErrorKind>> = {
  BINARY_MISSING: "invalid",
  FETCH_FAILED: "unreachable",
  COMMAND_FAILED: "unreachable",
  START_FAILED: "unreachable",
  NOT_READY: "unreachable",
  NOT_RUNNING: "invalid",
  REQUEST_FAILED: "refused",
  INVALID_OPTION: "invalid",
  NO_FREE_PORT: "unreachable",
  CLOSED: "invalid",
};

/** What `@minicluster/servers` throws. Every code is explained in the README. */
export class ServersError extends MiniclusterError {
  constructor(code: ServersErrorCode, message: string, cause?: unknown) {
    super({ code, kind: kinds[code], message, cause });
  }
}
