import type { Dsn } from "./dsn.ts";

/** What MySQL, or the way to it, answered, in the words of Go's driver. */
export class MysqlFailure extends Error {}

interface DriverError {
  code?: string;
  errno?: number;
  sqlMessage?: string;
  message: string;
}

/** How Go words the errors of connect(2). */
const dialing: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "i/o timeout",
};

/** @param dsn where it was, and the password that must not be seen in it */
export function mysqlFailure(error: unknown, { host, port, password }: Dsn): MysqlFailure {
  const { code = "", errno, sqlMessage, message } = error as DriverError;
  const dial = dialing[code];
  const text =
    errno !== undefined && sqlMessage !== undefined
      ? `Error ${errno}: ${sqlMessage}`
      : dial
        ? `dial tcp ${host}:${port}: ${dial}`
        : code === "ENOTFOUND"
          ? `dial tcp: lookup ${host}: no such host`
          : code === "PROTOCOL_CONNECTION_LOST" || code === "ECONNRESET" || code === "EPIPE"
            ? "invalid connection"
            : message;
  return new MysqlFailure(password ? text.replaceAll(password, "[password]") : text);
}
