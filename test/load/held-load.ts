import { sleep, systemClock } from "@minicluster/core";
import type { Pool, PoolConnection } from "mysql2/promise";
import type { Meter } from "./meter.ts";

export interface HeldLoadOptions {
  /** Anything with the face of a mysql2/promise pool. */
  pool: Pool;
  meter: Meter;
  signal: AbortSignal;
}

/** How long one connection is held: less than a third of a lease of 4 s, as much as is left of it at a rotation. */
const holdMs = 1_000;
/** How long it is silent between statements. */
export const heldPauseMs = 100;

/**
 * Holds one connection at a time for 1 s, with a statement every 100 ms; one that failed is given back. Getting it is a
 * sample as well.
 */
export async function heldLoad({ pool, meter, signal }: HeldLoadOptions): Promise<void> {
  while (!signal.aborted) {
    let connection: PoolConnection | undefined;
    await meter.measure(meter.now(), "borrow", async () => {
      connection = await pool.getConnection();
    });
    if (connection) await hold(connection, meter, signal);
    await sleep(systemClock, heldPauseMs, { signal }).catch(() => {});
  }
}

async function hold(connection: PoolConnection, meter: Meter, signal: AbortSignal): Promise<void> {
  const until = performance.now() + holdMs;
  for (let works = true; works && performance.now() < until && !signal.aborted; ) {
    works = false;
    await meter.measure(meter.now(), "held", async () => {
      await connection.query("SELECT COUNT(*) FROM load_row WHERE id < 10");
      works = true;
    });
    await sleep(systemClock, heldPauseMs, { signal }).catch(() => {});
  }
  connection.release();
}
