import type { Clock } from "@minicluster/core";
import { MysqlError } from "./errors.ts";
import type { Generation } from "./generation.ts";
import { type PooledConnection, place, silentError } from "./pooled-connection.ts";
import type { Queue } from "./queue.ts";
import type { Settings } from "./settings.ts";
import type { Counters } from "./stats.ts";
import type { Waiter } from "./waiters.ts";

/** What the watchdog looks at. */
export interface Watched {
  readonly settings: Settings;
  readonly counters: Counters;
  readonly generations: ReadonlySet<Generation>;
  readonly queue: Queue;
  timedOut(waiter: Waiter): void;
}

/**
 * How long TCP may take of `connectTimeout`. The system repeats a lost packet that opens a connection after 1, 3 and 7 s
 * only: a network that was cut and is there again is seen sooner by a new try.
 */
const tcpMs = 1_500;
/** While nothing happens, it looks this seldom. */
const restMs = 5_000;

/** A look that comes so much later than planned: the process itself was stopped, or too busy to read. */
const lateMs = 1_000;

/**
 * The deadlines of all calls, kept by looking at them now and then instead of by a timer each: a call pays nothing for
 * its deadline, and ends at most a twentieth of the shortest deadline (250 ms at most) after it.
 */
export class Watchdog {
  readonly #watched: Watched;
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #onTick: () => void;
  #cancel: (() => void) | undefined;
  #resting = true;
  /** When (monotonic) it means to look next. */
  #dueAt = 0;
  /** It came late the last time, and looked away. */
  #waited = false;
  #closed = false;

  /** `onTick` is called after each look. */
  constructor(watched: Watched, onTick: () => void) {
    const { acquireTimeoutMs, queryTimeoutMs, connectTimeoutMs, clock } = watched.settings;
    this.#watched = watched;
    this.#clock = clock;
    this.#tickMs = Math.min(250, Math.max(5, Math.min(acquireTimeoutMs, queryTimeoutMs, connectTimeoutMs) / 20));
    this.#onTick = onTick;
    this.#arm();
  }

  /** Something happens: look often. On the hot path. */
  stir(): void {
    if (!this.#resting || this.#closed) return;
    this.#resting = false;
    this.#cancel?.();
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #arm(): void {
    const ms = this.#resting ? restMs : this.#tickMs;
    this.#dueAt = this.#clock.monotonic() + ms;
    this.#cancel = this.#clock.after(ms, () => this.#tick());
  }

  #tick(): void {
    // What came while the process was stopped is read after the timers: nobody was silent until then.
    this.#waited = !this.#waited && this.#clock.monotonic() - this.#dueAt >= lateMs;
    this.#resting = !this.#waited && !this.#look();
    this.#onTick();
    if (!this.#closed) this.#arm();
  }

  /** Whether there is anything that needs a closer look soon. */
  #look(): boolean {
    const now = this.#clock.monotonic();
    const { queue, generations } = this.#watched;
    queue.expire(now, (waiter) => this.#watched.timedOut(waiter));
    let active = queue.size > 0 || generations.size > 1;
    for (const generation of generations) {
      for (const connection of [...generation.connections]) active = this.#inspect(connection, now) || active;
    }
    return active;
  }

  /** Whether something is under way on it. */
  #inspect(connection: PooledConnection, now: number): boolean {
    const { status, raw } = connection;
    if (status === "ended") return false;
    if (status === "connecting") {
      const { connectTimeoutMs } = this.#watched.settings;
      const limitMs = raw.stream.connecting ? Math.min(tcpMs, connectTimeoutMs) : connectTimeoutMs;
      if (now - connection.openedAt >= limitMs) connection.cut(noHandshake(connection, limitMs));
      return true;
    }
    const command = raw._command ?? undefined;
    if (!command) {
      connection.silentCommand = undefined;
      if (status !== "idle") return true;
      this.#rest(connection, now);
      return false;
    }
    const bytes = raw.stream.bytesRead + raw.stream.bytesWritten;
    if (command !== connection.silentCommand || bytes !== connection.silentBytes || raw.stream.isPaused()) {
      connection.silentCommand = command;
      connection.silentBytes = bytes;
      connection.silentSince = now;
      return true;
    }
    const limitMs = command.timeout || this.#watched.settings.queryTimeoutMs;
    if (now - connection.silentSince >= limitMs) {
      this.#watched.counters.timeouts += 1;
      connection.cut(silentError(connection, limitMs));
    }
    return true;
  }

  /** Closes what nobody needed for long; while the credentials are stale it may be the last one that works. */
  #rest(connection: PooledConnection, now: number): void {
    const { idleTimeoutMs, credentials } = this.#watched.settings;
    if (connection.idleSince < 0 || credentials.state !== "fresh") connection.idleSince = now;
    else if (now - connection.idleSince >= idleTimeoutMs) connection.close();
  }
}

function noHandshake(connection: PooledConnection, ms: number): MysqlError {
  return new MysqlError({
    code: "MYSQL_UNREACHABLE",
    message: `${place(connection.generation)} did not answer a new connection within ${ms} ms; it is tried again until it does`,
  });
}
