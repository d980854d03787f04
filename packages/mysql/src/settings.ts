import { type Clock, type Duration, durationMs, systemClock } from "@minicluster/core";
import mysql2, { type ConnectionOptions } from "mysql2";
import { type Address, type AddressSource, staticAddress } from "./address.ts";
import { type CredentialsSource, type StaticCredentials, staticCredentials } from "./credentials.ts";
import { asDriver, type Driver, type MysqlDriver } from "./driver.ts";
import { MysqlError } from "./errors.ts";
import { staticTls, type TlsIdentity, type TlsSource } from "./tls.ts";

/** Options of mysql2 that are handed on to each connection as they are. */
const handedOn: readonly HandedOn[] = [
  "authPlugins",
  "bigNumberStrings",
  "charset",
  "connectAttributes",
  "dateStrings",
  "debug",
  "decimalNumbers",
  "disableEval",
  "enableCleartextPlugin",
  "enableKeepAlive",
  "flags",
  "infileStreamFactory",
  "insecureAuth",
  "jsonStrings",
  "keepAliveInitialDelay",
  "localAddress",
  "multipleStatements",
  "namedPlaceholders",
  "nestTables",
  "queryFormat",
  "rowsAsArray",
  "ssl",
  "stringifyObjects",
  "supportBigNumbers",
  "timezone",
  "trace",
  "typeCast",
];

type HandedOn =
  | "authPlugins"
  | "bigNumberStrings"
  | "charset"
  | "connectAttributes"
  | "dateStrings"
  | "debug"
  | "decimalNumbers"
  | "disableEval"
  | "enableCleartextPlugin"
  | "enableKeepAlive"
  | "flags"
  | "infileStreamFactory"
  | "insecureAuth"
  | "jsonStrings"
  | "keepAliveInitialDelay"
  | "localAddress"
  | "multipleStatements"
  | "namedPlaceholders"
  | "nestTables"
  | "queryFormat"
  | "rowsAsArray"
  | "ssl"
  | "stringifyObjects"
  | "supportBigNumbers"
  | "timezone"
  | "trace"
  | "typeCast";

export interface PoolOptions extends Pick<ConnectionOptions, Extract<HandedOn, keyof ConnectionOptions>> {
  /** Where user name and password come from: a source that rotates them, or fixed ones. */
  credentials: CredentialsSource | StaticCredentials;
  /** Where MySQL is: a source that follows it, or a fixed address. */
  address: AddressSource | Address;
  /** Every connection opens with it: grants on it outlive the account on open connections. */
  database: string;
  /** The TLS identity; a new `id` opens a new generation. Without it, `ssl` is handed on and never changes. */
  tls?: TlsIdentity | TlsSource | undefined;
  /** Connections at most, 2 more while a generation drains. Default 10. */
  connectionLimit?: number | undefined;
  /** Callers that may wait for a connection; 0: any number. Default 0. */
  queueLimit?: number | undefined;
  /** How long a call waits for a connection. Default "10s". */
  acquireTimeout?: Duration | undefined;
  /** How long opening one connection may take, 1.5 s of it until TCP has connected. Default "5s". */
  connectTimeout?: Duration | undefined;
  /**
   * How long MySQL may be silent on a statement before its connection is destroyed; `timeout` of a single statement goes
   * before it. Default "60s", so that InnoDB's own wait for a lock (50 s) ends first.
   */
  queryTimeout?: Duration | undefined;
  /** How long a superseded generation may finish; it ends with its lease at the latest. Default "5m". */
  drainTimeout?: Duration | undefined;
  /** How long `end()` waits for connections that are still borrowed. Default "10s". */
  closeTimeout?: Duration | undefined;
  /** An unused connection is closed after it, unless the credentials are stale. Default "5m". */
  idleTimeout?: Duration | undefined;
  /** Whether a single statement that MySQL refused unexecuted (1142, 1143, 1044) is run once more. Default true. */
  replayDenied?: boolean | undefined;
  /** Whether a released connection is reset, as mysql2's option of that name. Default false. */
  resetOnRelease?: boolean | undefined;
  /** Prepared statements that one connection keeps. Default 200: a server has 16,382 in all. */
  maxPreparedStatements?: number | undefined;
  /** The module mysql2, or another one in its place. */
  driver?: MysqlDriver | undefined;
  clock?: Clock | undefined;
  /** Default `Math.random`. */
  random?: (() => number) | undefined;
}

/** The options, checked, with every default in its place. */
export interface Settings {
  credentials: CredentialsSource;
  address: AddressSource;
  tls: TlsSource | undefined;
  database: string;
  connectionLimit: number;
  queueLimit: number;
  acquireTimeoutMs: number;
  connectTimeoutMs: number;
  queryTimeoutMs: number;
  drainTimeoutMs: number;
  closeTimeoutMs: number;
  idleTimeoutMs: number;
  replayDenied: boolean;
  resetOnRelease: boolean;
  /** What each connection is opened with, but address, account and TLS identity. */
  connection: Readonly<Record<string, unknown>>;
  driver: Driver;
  clock: Clock;
  random: () => number;
}

const ownOptions: readonly string[] = [
  "credentials",
  "address",
  "database",
  "tls",
  "connectionLimit",
  "queueLimit",
  "acquireTimeout",
  "connectTimeout",
  "queryTimeout",
  "drainTimeout",
  "closeTimeout",
  "idleTimeout",
  "replayDenied",
  "resetOnRelease",
  "maxPreparedStatements",
  "driver",
  "clock",
  "random",
];

/** @throws MysqlError `POOL_OPTION` that names the option; `INVALID_DURATION` for a duration */
export function settingsOf(options: PoolOptions): Settings {
  for (const name of Object.keys(options)) {
    if (!ownOptions.includes(name) && !handedOn.includes(name as never)) throw unknownOption(name);
  }
  const { database } = options;
  if (typeof database !== "string" || database === "") throw invalid("database", "must name the pool's database");
  if (options.tls && options.ssl !== undefined) throw invalid("tls", "can't be given together with ssl");
  const ms = (name: keyof PoolOptions, byDefault: Duration): number => durationMs(options[name] ?? byDefault, name);
  const connection: Record<string, unknown> = {
    database,
    maxPreparedStatements: whole(options.maxPreparedStatements ?? 200, "maxPreparedStatements", 1),
  };
  for (const name of handedOn) {
    const value = (options as unknown as Record<string, unknown>)[name];
    if (value !== undefined) connection[name] = value;
  }
  return {
    credentials: credentialsOf(options.credentials),
    address: addressOf(options.address),
    tls: options.tls && ("onChange" in options.tls ? options.tls : staticTls(options.tls)),
    database,
    connectionLimit: whole(options.connectionLimit ?? 10, "connectionLimit", 1),
    queueLimit: whole(options.queueLimit ?? 0, "queueLimit", 0),
    acquireTimeoutMs: ms("acquireTimeout", "10s"),
    connectTimeoutMs: ms("connectTimeout", "5s"),
    queryTimeoutMs: ms("queryTimeout", "60s"),
    drainTimeoutMs: ms("drainTimeout", "5m"),
    closeTimeoutMs: ms("closeTimeout", "10s"),
    idleTimeoutMs: ms("idleTimeout", "5m"),
    replayDenied: options.replayDenied ?? true,
    resetOnRelease: options.resetOnRelease ?? false,
    connection: Object.freeze(connection),
    driver: asDriver(options.driver ?? mysql2),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

function credentialsOf(given: PoolOptions["credentials"]): CredentialsSource {
  if (!given) throw invalid("credentials", "must be a source of credentials, or { username, password }");
  if ("rotate" in given) return given;
  if (typeof given.username !== "string" || given.password === undefined) {
    throw invalid("credentials", "must be a source of credentials, or { username, password }");
  }
  return staticCredentials(given);
}

function addressOf(given: PoolOptions["address"]): AddressSource {
  if (!given) throw invalid("address", "must be a source of addresses, or { host, port }");
  if ("onChange" in given) return given;
  if (typeof given.host !== "string" || !Number.isInteger(given.port)) {
    throw invalid("address", "must be a source of addresses, or { host, port }");
  }
  return staticAddress(given);
}

function whole(value: number, name: string, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw invalid(name, `must be a whole number, ${least} or more, not ${JSON.stringify(value)}`);
}

const instead: Readonly<Record<string, string>> = {
  user: "give credentials: { username, password }",
  password: "give credentials: { username, password }",
  host: "give address: { host, port }",
  port: "give address: { host, port }",
  uri: "give address, credentials and database",
  socketPath: "give address: { host, port }",
  waitForConnections: "callers always wait, up to acquireTimeout; queueLimit bounds how many",
  maxIdle: "give idleTimeout",
};

function unknownOption(name: string): MysqlError {
  return invalid(name, instead[name] ?? "is no option of the pool, nor one of mysql2 that it hands on");
}

function invalid(option: string, what: string): MysqlError {
  return new MysqlError({ code: "POOL_OPTION", message: `${option}: ${what}` });
}
