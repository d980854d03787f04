import type { Pool } from "mysql2/promise";
import type { Meter } from "./meter.ts";
import { openLoop } from "./open-loop.ts";

export interface MysqlLoadOptions {
  /** Anything with the face of a mysql2/promise pool. */
  pool: Pool;
  meter: Meter;
  /** Calls a second. Default 500. */
  rate?: number;
  signal: AbortSignal;
}

/** Every tenth call is a transaction of 20 ms; of the others half are queries and half prepared statements. */
export async function mysqlLoad({ pool, meter, rate = 500, signal }: MysqlLoadOptions): Promise<void> {
  await pool.query("CREATE TABLE IF NOT EXISTS load_row (id BIGINT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL)");
  await openLoop({
    meter,
    rate,
    signal,
    kind: (number) => kindOf(number),
    call: (number) => calls[kindOf(number)](pool, number),
  });
}

/** The kinds of its samples. */
export type MysqlCall = "query" | "execute" | "transaction";

const calls: Record<MysqlCall, (pool: Pool, number: number) => Promise<unknown>> = {
  query: (pool, number) => pool.query("INSERT INTO load_row (n) VALUES (?)", [number]),
  execute: (pool, number) => pool.execute("SELECT id, n FROM load_row WHERE id = ?", [number]),
  transaction,
};

function kindOf(number: number): MysqlCall {
  if (number % 10 === 9) return "transaction";
  return number % 2 === 0 ? "query" : "execute";
}

async function transaction(pool: Pool, number: number): Promise<void> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    await connection.query("INSERT INTO load_row (n) VALUES (?)", [number]);
    await connection.query("SELECT SLEEP(0.02)");
    await connection.query("SELECT n FROM load_row WHERE id = LAST_INSERT_ID()");
    await connection.commit();
  } catch (error) {
    await connection.rollback().catch(() => {});
    throw error;
  } finally {
    connection.release();
  }
}
