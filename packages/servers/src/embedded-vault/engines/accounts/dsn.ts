import { MysqlFailure } from "./mysql-failure.ts";

/** Where and as whom to connect. */
export interface Dsn {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/**
 * A connection URL as Go's MySQL driver writes it: `user:password@tcp(host:port)/database`. The last slash and the last
 * `@` before it count, so that a password may hold both.
 *
 * @throws MysqlFailure with the driver's text, or saying what is not done here
 */
export function parsedDsn(dsn: string): Dsn {
  const slash = dsn.lastIndexOf("/");
  if (slash < 0) throw new MysqlFailure("invalid DSN: missing the slash separating the database name");
  const at = dsn.lastIndexOf("@", slash);
  const [user = "", ...password] = dsn.slice(0, Math.max(at, 0)).split(":");
  const target = dsn.slice(at + 1, slash);
  const [database = "", parameters] = dsn.slice(slash + 1).split("?");
  if (parameters) throw new MysqlFailure(`?${parameters} in a connection URL is not part of the embedded Vault`);
  const { protocol, address } = /^(?<protocol>[^(]*)(?:\((?<address>.*)\))?$/.exec(target)?.groups ?? {};
  if (protocol === undefined)
    throw new MysqlFailure("invalid DSN: network address not terminated (missing closing brace)");
  if (protocol !== "" && protocol !== "tcp") {
    throw new MysqlFailure(`${protocol} in a connection URL is not part of the embedded Vault: write tcp(host:port)`);
  }
  const [, host = "", port] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(address || "127.0.0.1:3306") ?? [];
  return { host, port: Number(port ?? 3306), user, password: password.join(":"), database };
}
