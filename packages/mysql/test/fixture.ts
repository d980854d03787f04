import type { Mariadb } from "@minicluster/servers";
import { createPool, type PoolEvents, type PoolOptions, type RotatingPool } from "../src/index.ts";
import { RotatingAccounts, type RotatingAccountsOptions } from "./rotating-accounts.ts";

export interface Fixture {
  pool: RotatingPool;
  accounts: RotatingAccounts;
  /** Names of the events so far, in order. */
  events: string[];
  /** Accounts of this fixture that MySQL knows. */
  accountsLeft(): Promise<number>;
  close(): Promise<void>;
}

const names: readonly (keyof PoolEvents)[] = [
  "generation.opened",
  "generation.retired",
  "generation.drained",
  "generation.failed",
  "credentials.rejected",
  "credentials.released",
  "grant.missing",
  "statement.replayed",
  "degraded",
  "restored",
];

/** A pool on its own database, with accounts that rotate. */
export async function fixture(
  maria: Mariadb,
  options: { database: string; accounts?: Partial<RotatingAccountsOptions>; pool?: Partial<PoolOptions> },
): Promise<Fixture> {
  const { database } = options;
  await maria.admin(`CREATE DATABASE IF NOT EXISTS ${database}`);
  await maria.admin(`CREATE TABLE IF NOT EXISTS ${database}.t (id BIGINT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL)`);
  const admin = (sql: string): Promise<unknown> => maria.admin(sql);
  const accounts = new RotatingAccounts({ admin, database, ...options.accounts });
  const address = { host: maria.host, port: maria.port };
  const pool = createPool({ credentials: accounts, address, database, ...options.pool });
  const events: string[] = [];
  for (const name of names) pool.events.on(name, () => events.push(name));
  const accountsLeft = async (): Promise<number> => {
    const rows = await maria.admin("SELECT COUNT(*) AS n FROM mysql.user WHERE user LIKE ?", [`${accounts.prefix}%`]);
    return Number(rows[0]?.n);
  };
  return { pool, accounts, events, accountsLeft, close: () => pool.end() };
}

export interface Tally {
  done: number;
  failures: unknown[];
  times: number[];
}

/** An open loop of `rate` calls a second for `ms`; resolves when all have ended. */
export async function load(
  options: { rate: number; ms: number },
  call: (number: number) => Promise<unknown>,
): Promise<Tally> {
  const tally: Tally = { done: 0, failures: [], times: [] };
  const started = performance.now();
  const calls: Promise<void>[] = [];
  const one = async (number: number): Promise<void> => {
    const sent = performance.now();
    try {
      await call(number);
      tally.done += 1;
      tally.times.push(performance.now() - sent);
    } catch (error) {
      tally.failures.push(error);
    }
  };
  for (let passed = 0; passed < options.ms; passed = performance.now() - started) {
    while (calls.length < (passed * options.rate) / 1_000) calls.push(one(calls.length));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(calls);
  return tally;
}

/** What an application does: queries, prepared statements, and a tenth of 20 ms transactions. */
export async function mixed(pool: RotatingPool, number: number): Promise<unknown> {
  if (number % 10 !== 9) {
    return number % 2
      ? await pool.execute("SELECT id, n FROM t WHERE id = ?", [number])
      : await pool.query("INSERT INTO t (n) VALUES (?)", [number]);
  }
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    await connection.query("INSERT INTO t (n) VALUES (?)", [number]);
    await connection.query("DO SLEEP(0.02)");
    await connection.commit();
  } finally {
    connection.release();
  }
  return undefined;
}

/** Polls until it holds, for at most `ms`. */
export async function until(holds: () => boolean | Promise<boolean>, ms: number = 5_000): Promise<number> {
  const started = performance.now();
  while (!(await holds())) {
    if (performance.now() - started > ms) throw new Error(`did not hold within ${ms} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - started;
}

/** The error that a call ends with. */
export async function failure(call: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await call;
  } catch (error) {
    return error as Record<string, unknown>;
  }
  throw new Error("it succeeded");
}
