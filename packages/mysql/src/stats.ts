/** Counters since the pool was made, and gauges of this moment. */
export interface PoolStats {
  /** Generations that served, that were superseded, and that have no connection left. */
  generationsOpened: number;
  generationsRetired: number;
  generationsDrained: number;
  connectionsOpened: number;
  connectionsClosed: number;
  /** Connects that MySQL refused (wrong password, dropped or locked account, no right to the database). */
  connectsRefused: number;
  /** Connects that failed in any other way. */
  connectsFailed: number;
  /** New credentials asked for because MySQL refused or denied. */
  rotationsForced: number;
  /** Credentials given back to their source. */
  credentialsReleased: number;
  /** Statements run once more after a denial. */
  replays: number;
  /** Connections destroyed because MySQL was silent. */
  timeouts: number;
  /** Calls that got no connection: timeouts, a full queue, MySQL away. */
  acquiresFailed: number;
  /** The generation that serves; 0 before the first. */
  generation: number;
  /** Connections borrowed, unused, opening; all that are not closed yet, and those of superseded generations. */
  active: number;
  idle: number;
  connecting: number;
  open: number;
  draining: number;
  /** Callers waiting for a connection. */
  queued: number;
}

export type Counters = Omit<
  PoolStats,
  "generation" | "active" | "idle" | "connecting" | "open" | "draining" | "queued"
>;

export function newCounters(): Counters {
  return {
    generationsOpened: 0,
    generationsRetired: 0,
    generationsDrained: 0,
    connectionsOpened: 0,
    connectionsClosed: 0,
    connectsRefused: 0,
    connectsFailed: 0,
    rotationsForced: 0,
    credentialsReleased: 0,
    replays: 0,
    timeouts: 0,
    acquiresFailed: 0,
  };
}
