import type { DriverConnection } from "./driver.ts";
import type { MysqlError } from "./errors.ts";
import type { Generation } from "./generation.ts";
import type { PooledConnection } from "./pooled-connection.ts";

/** Who is told what the dispatcher can't judge. */
export interface DispatcherListener {
  /** MySQL refused the account of this generation. */
  refused(generation: Generation, error: unknown): void;
  /** MySQL denied a right to a statement. */
  denied(connection: PooledConnection, error: unknown): void;
  /** The last connection of a superseded generation is closed. */
  drained(generation: Generation): void;
  /** Something may have changed: the watchdog should look. */
  stirred(): void;
  /** The health may have changed. */
  changed(): void;
  /** Why nobody can be served: there is no generation yet. */
  missing(): MysqlError;
}

/** mysql2's own pool events. */
export interface DispatcherEvents {
  connection(connection: DriverConnection): void;
  acquire(connection: DriverConnection): void;
  release(connection: DriverConnection): void;
  enqueue(): void;
}
