import { type DestinationStream, type Logger, pino } from "pino";

/** What the parts log to. */
export type Log = Pick<Logger, "info" | "warn" | "error" | "fatal">;

/**
 * JSON lines on standard output (or `destination`): `level` is a word, `time` is ISO 8601, `event` never changes its
 * name between versions, `msg` is for people.
 */
export function createLog(destination?: DestinationStream): Logger {
  const options = {
    base: { name: "todo", pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination ? pino(options, destination) : pino(options);
}

export interface ErrorDescription {
  name: string;
  code: string | undefined;
  message: string;
  cause: ErrorDescription | undefined;
}

/**
 * The words of an error that may be logged: never its other properties, which can hold statements, request headers or
 * whole connections.
 */
export function describeError(error: unknown, depth = 3): ErrorDescription {
  if (!(error instanceof Error))
    return { name: typeof error, code: undefined, message: String(error), cause: undefined };
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    code: typeof code === "string" ? code : undefined,
    message: error.message,
    cause: error.cause === undefined || depth === 0 ? undefined : describeError(error.cause, depth - 1),
  };
}
