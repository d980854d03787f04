import { type ErrorKind, MiniclusterError } from "@minicluster/core";

/** Every code of {@link MysqlError}; the README says what to do about each. */
export type MysqlErrorCode =
  | "MYSQL_UNREACHABLE"
  | "MYSQL_FULL"
  | "MYSQL_REFUSED"
  | "MYSQL_MISCONFIGURED"
  | "MYSQL_LOST"
  | "MYSQL_TIMEOUT"
  | "POOL_ACQUIRE_TIMEOUT"
  | "POOL_QUEUE_FULL"
  | "POOL_NO_CREDENTIALS"
  | "POOL_NO_ADDRESS"
  | "POOL_DRAINED"
  | "POOL_CLOSED"
  | "POOL_OPTION";

export interface MysqlErrorOptions {
  code: MysqlErrorCode;
  message: string;
  /** Default false. */
  sent?: boolean | undefined;
  cause?: unknown;
}

const kinds: Record<MysqlErrorCode, ErrorKind> = {
  MYSQL_UNREACHABLE: "unreachable",
  MYSQL_FULL: "unreachable",
  MYSQL_REFUSED: "refused",
  MYSQL_MISCONFIGURED: "invalid",
  MYSQL_LOST: "unreachable",
  MYSQL_TIMEOUT: "unreachable",
  POOL_ACQUIRE_TIMEOUT: "unreachable",
  POOL_QUEUE_FULL: "unreachable",
  POOL_NO_CREDENTIALS: "unreachable",
  POOL_NO_ADDRESS: "unreachable",
  POOL_DRAINED: "unreachable",
  POOL_CLOSED: "invalid",
  POOL_OPTION: "invalid",
};

/**
 * What the pool itself throws. An error that MySQL answers to a statement (1062, 1064, ...) is passed on as mysql2 made it.
 *
 * @example if (error instanceof MysqlError) response.status(error.sent ? 504 : 503);
 */
export class MysqlError extends MiniclusterError {
  declare readonly code: MysqlErrorCode;
  /** Whether the statement may have reached MySQL: true means that its outcome is not known, false that it did not run. */
  readonly sent: boolean;
  /** MySQL's error number, where the cause has one. */
  readonly errno: number | undefined;
  readonly sqlState: string | undefined;
  /** mysql2's word for "this connection is over"; the driver sets it. */
  fatal: boolean;

  constructor(options: MysqlErrorOptions) {
    const { code, message, cause } = options;
    super({ code, kind: kinds[code], message, cause });
    const from = (cause ?? {}) as { errno?: unknown; sqlState?: unknown };
    this.sent = options.sent ?? false;
    this.errno = typeof from.errno === "number" ? from.errno : undefined;
    this.sqlState = typeof from.sqlState === "string" ? from.sqlState : undefined;
    this.fatal = code === "MYSQL_LOST" || code === "MYSQL_TIMEOUT" || code === "POOL_DRAINED";
  }
}
