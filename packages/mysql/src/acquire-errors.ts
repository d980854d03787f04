import { MysqlError } from "./errors.ts";
import { type ConnectFault, connectFault, faultName } from "./faults.ts";
import type { Generation } from "./generation.ts";
import { place } from "./pooled-connection.ts";
import type { Settings } from "./settings.ts";

const connectMessages: Record<ConnectFault, { code: MysqlError["code"]; what: string }> = {
  refused: {
    code: "MYSQL_REFUSED",
    what: "refuses the account; new credentials are asked for, the account may be gone",
  },
  full: { code: "MYSQL_FULL", what: "takes no more connections; raise max_connections, or lower connectionLimit" },
  invalid: { code: "MYSQL_MISCONFIGURED", what: "can't be used as configured; check database and TLS" },
  unreachable: { code: "MYSQL_UNREACHABLE", what: "can't be reached; it is tried again until it returns" },
};

/** A failed connect in the pool's words; nothing was sent. */
export function connectError(generation: Generation, error: unknown): MysqlError {
  if (error instanceof MysqlError) return error;
  const { code, what } = connectMessages[connectFault(error)];
  const user = generation.key.credentials.username;
  return new MysqlError({
    code,
    message: `${place(generation)} as ${user}: it ${what} (${faultName(error)})`,
    cause: error,
  });
}

/** One error object a caller: stacks are written onto it. */
export function copyOf(error: MysqlError): MysqlError {
  return new MysqlError({ code: error.code, message: error.message, sent: error.sent, cause: error.cause });
}

export function closedError(): MysqlError {
  return new MysqlError({ code: "POOL_CLOSED", message: "the pool is closed; make another one" });
}

export function acquireTimeout(generation: Generation, settings: Settings, waiting: number): MysqlError {
  const { acquireTimeoutMs, connectionLimit } = settings;
  return new MysqlError({
    code: "POOL_ACQUIRE_TIMEOUT",
    message:
      `no connection to ${place(generation)} became free within ${acquireTimeoutMs} ms: ${generation.busy} of ${connectionLimit} ` +
      `are in use, ${waiting} callers wait. Release connections sooner, or raise connectionLimit`,
    cause: generation.trouble,
  });
}

export function queueFull(queueLimit: number): MysqlError {
  return new MysqlError({
    code: "POOL_QUEUE_FULL",
    message: `${queueLimit} callers wait for a connection already; try again later, or raise queueLimit or connectionLimit`,
  });
}
