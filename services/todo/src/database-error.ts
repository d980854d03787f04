import { TodoError } from "./errors.ts";

/** Seconds, for a client that finds no MySQL. Recovery takes less than two. */
const retryAfter = { "Retry-After": "2" } as const;

/** Nothing was sent: no connection was made, or the server refused it (MariaDB and MySQL error reference). */
const notSent: ReadonlySet<unknown> = new Set([
  ...["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ENOENT"],
  ...["POOL_CLOSED", "POOL_ENQUEUELIMIT", "PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR", "HANDSHAKE_NO_SSL_SUPPORT"],
]);

/** The server answered that it did not do it, for a reason that passes or that an operator mends. */
const refusals: ReadonlySet<unknown> = new Set([
  ...[1040, 1041, 1129, 1130, 1203, 1226], // too many connections, blocked host, resource limits
  ...[1044, 1045, 1049, 1142, 1143, 1227, 1370, 1698, 4151], // no such account, grant or database
  ...[1021, 1037, 1038, 1114], // disk, memory or table full
  ...[1205, 1206, 1213, 1290, 1792, 1836], // lock wait, deadlock, read-only server
  ...[1053, 1317, 1927, 1969, 3024], // shutting down, interrupted, statement time exceeded: rolled back
  1146, // no table yet
]);

const readOnly: ReadonlySet<unknown> = new Set([1290, 1792, 1836]);
/** It answers, but writes nothing: read-only, disk or table full. */
const writeRefusals: ReadonlySet<unknown> = new Set([...readOnly, 1021, 1114]);

/** The server answers with 1000 to 1999 and 3000 upwards; 2000 to 2999 are a client's own. */
function answered(errno: unknown): boolean {
  return typeof errno === "number" && errno >= 1000 && !(errno >= 2000 && errno < 3000);
}

interface Facts {
  code: unknown;
  errno: unknown;
  sent: unknown;
}

/** The facts of an error, or of its cause where it has none itself. */
function factsOf(error: unknown): Facts {
  const own = (error ?? {}) as Partial<Facts> & { cause?: unknown };
  const cause = (own.cause ?? {}) as Partial<Facts>;
  return { code: own.code ?? cause.code, errno: own.errno ?? cause.errno, sent: own.sent ?? cause.sent };
}

export function isTableMissing(error: unknown): boolean {
  return factsOf(error).errno === 1146;
}

export function isReadOnly(error: unknown): boolean {
  return readOnly.has(factsOf(error).errno);
}

export function refusesWrites(error: unknown): boolean {
  return writeRefusals.has(factsOf(error).errno);
}

/**
 * What a failed statement means for the client: 503 when it was certainly not done, 504 when it was a write and
 * nobody knows, 500 when trying again can't help.
 */
export function databaseError(error: unknown, write: boolean): TodoError {
  const { code, errno, sent } = factsOf(error);
  if (write && sent === true) return outcomeUnknown(error);
  if (refusals.has(errno)) return unavailable(error);
  if (answered(errno) || error instanceof TypeError) {
    return new TodoError({ code: "UNEXPECTED", message: "the database refused the statement", cause: error });
  }
  if (!write || sent === false || (sent === undefined && notSent.has(code))) return unavailable(error);
  return outcomeUnknown(error);
}

function outcomeUnknown(cause: unknown): TodoError {
  return new TodoError({
    code: "OUTCOME_UNKNOWN",
    message: "the write was sent to the database, but its answer never came: read before you try again",
    cause,
  });
}

function unavailable(cause: unknown): TodoError {
  return new TodoError({
    code: "DATABASE_UNAVAILABLE",
    message: "the database can't be reached; nothing was changed",
    cause,
    headers: retryAfter,
  });
}
