/**
 * What MySQL's and mysql2's errors mean for the pool, by number: names differ between MySQL, MariaDB and mysql2
 * (4151 has another name in each). Numbers: MySQL "Server Error Message Reference", MariaDB "Error Codes".
 */

/** What a failed attempt to connect means. */
export type ConnectFault = "refused" | "full" | "invalid" | "unreachable";

const connectFaults: Readonly<Record<number, ConnectFault>> = {
  1044: "refused", // no right to the database: all was revoked
  1045: "refused", // wrong user or password: the account was dropped
  1130: "refused", // this host may not connect: the account was dropped
  1698: "refused", // access denied, no password
  1820: "refused", // the password must be changed first
  1862: "refused", // the password expired
  3118: "refused", // MySQL: the account is locked
  3955: "refused", // MySQL: locked after too many wrong passwords
  4151: "refused", // MariaDB: the account is locked
  1040: "full", // too many connections
  1203: "full", // this user has max_user_connections
  1226: "full", // a limit of this account is used up
  1049: "invalid", // no such database
  1251: "invalid", // the client lacks the authentication protocol
  1275: "invalid",
};

const connectCodes: Readonly<Record<string, ConnectFault>> = {
  HANDSHAKE_NO_SSL_SUPPORT: "invalid",
  HANDSHAKE_SSL_ERROR: "invalid",
  AUTH_SWITCH_PLUGIN_ERROR: "invalid",
};

export function connectFault(error: unknown): ConnectFault {
  const { errno, code } = facts(error);
  return (errno !== undefined && connectFaults[errno]) || (code !== undefined && connectCodes[code]) || "unreachable";
}

/** What an error means that a statement on an open connection got. */
export type SessionFault = "denied" | "lost" | "timeout" | "worn" | "statement";

const sessionFaults: Readonly<Record<number, SessionFault>> = {
  1044: "denied", // the database
  1045: "denied", // the FILE privilege
  1142: "denied", // the table
  1143: "denied", // a column
  1227: "denied", // a global privilege
  1370: "denied", // a routine
  1053: "lost", // the server is shutting down
  1077: "lost",
  1079: "lost",
  1080: "lost",
  1152: "lost", // aborted connection, and its network reasons
  1153: "lost",
  1156: "lost",
  1157: "lost",
  1158: "lost",
  1159: "lost",
  1160: "lost",
  1161: "lost",
  1184: "lost",
  1927: "lost", // MariaDB: the connection was killed
  2006: "lost",
  2013: "lost",
  4031: "lost", // MySQL: idle for too long
  1290: "worn", // a read-only server: the next connection may find the writable one
  1792: "worn",
  1836: "worn",
};

const sessionCodes: Readonly<Record<string, SessionFault>> = {
  PROTOCOL_SEQUENCE_TIMEOUT: "timeout",
  PROTOCOL_CONNECTION_LOST: "lost",
  ECONNRESET: "lost",
  EPIPE: "lost",
};

export function sessionFault(error: unknown): SessionFault {
  const { errno, code, fatal } = facts(error);
  // mysql2 marks a refused changeUser as fatal; MySQL's own numbers say more.
  if (errno !== undefined && errno >= 1000) return sessionFaults[errno] ?? "statement";
  return (code !== undefined && sessionCodes[code]) || (fatal ? "lost" : "statement");
}

/** Denials after which a statement has certainly not run: privileges are checked before execution. */
const checkedBefore: ReadonlySet<number> = new Set([1044, 1142, 1143]);

export function deniedBeforeRunning(error: unknown): boolean {
  const { errno } = facts(error);
  return errno !== undefined && checkedBefore.has(errno);
}

/** The same right missing again, whoever asked for it: number and message without the account. */
export function denialKey(error: unknown): string {
  const { errno, message } = facts(error);
  return `${errno} ${message.replace(/'[^']*'@'[^']*'/g, "?")}`;
}

interface Facts {
  errno: number | undefined;
  code: string | undefined;
  fatal: boolean;
  message: string;
}

function facts(error: unknown): Facts {
  const { errno, code, fatal, message } = (error ?? {}) as Record<string, unknown>;
  return {
    errno: typeof errno === "number" ? errno : undefined,
    code: typeof code === "string" ? code : undefined,
    fatal: fatal === true,
    message: typeof message === "string" ? message : "no message",
  };
}

/** Numbers that mysql2 calls by MySQL's name for something else, with MariaDB's name. */
const renamed: Readonly<Record<number, string>> = { 4151: "ER_ACCOUNT_HAS_BEEN_LOCKED" };

/** "ECONNREFUSED", "1045" or the message: what an error is called in one of ours. */
export function faultName(error: unknown): string {
  const { errno, code, message } = facts(error);
  if (errno === undefined || errno < 1000) return code ?? message;
  const name = renamed[errno] ?? code;
  return name ? `${name}, ${errno}` : String(errno);
}
