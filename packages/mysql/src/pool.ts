import { inspect } from "node:util";
import { type Emitter, type Freshness, runOnce, sleep } from "@minicluster/core";
import mysql2, { type Pool } from "mysql2/promise";
import { closedError } from "./acquire-errors.ts";
import { CallbackPool } from "./callback-pool.ts";
import { Dispatcher } from "./dispatcher.ts";
import { MysqlError } from "./errors.ts";
import type { PoolEvents } from "./events.ts";
import { faultName } from "./faults.ts";
import { freshnessOf, healthOf, type PoolHealth } from "./health.ts";
import { Keeper } from "./keeper.ts";
import { type PoolOptions, type Settings, settingsOf } from "./settings.ts";
import type { PoolStats } from "./stats.ts";
import { Watchdog } from "./watchdog.ts";

/** A mysql2/promise pool, and what it knows about itself. */
export interface RotatingPool extends Pool {
  /** Typed events of its life; see {@link PoolEvents}. */
  readonly events: Emitter<PoolEvents>;
  /** `fresh`, `stale` (it serves on what is not kept fresh) or `expired` (it can't serve). */
  readonly freshness: Freshness;
  readonly health: PoolHealth;
  /** Counters and gauges, as of this moment. */
  readonly stats: PoolStats;
  /** Resolves when MySQL has answered on the credentials of the source. @throws `POOL_CLOSED`; the signal's reason when aborted */
  ready(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /** Waits for borrowers up to `closeTimeout`, closes, gives every credentials back. Any number of calls; the same as `end()`. */
  close(): Promise<void>;
  /** Whether a connection is of the generation that serves now; for pools that keep connections of this one. */
  isCurrent(connection: unknown): boolean;
}

/**
 * A pool whose user, password, address and TLS identity change under it without a failed query. Returns at once; the first
 * query waits for the first credentials, up to `acquireTimeout`.
 *
 * @throws MysqlError `POOL_OPTION` for an option that can't be used
 * @example
 * const pool = createPool({ credentials: vault.credentials("mysql/creds/todo"), address: { host, port: 3306 }, database: "todo" });
 * const [rows] = await pool.query("SELECT * FROM todo");
 */
export function createPool(options: PoolOptions): RotatingPool {
  return new RotatingPromisePool(settingsOf(options)) as unknown as RotatingPool;
}

/** mysql2's own promise face over any pool with callbacks; exported by mysql2/promise, but not in its types. */
const PromisePool: new (pool: CallbackPool) => { end(): Promise<void> } = (
  mysql2 as unknown as { PromisePool: new (pool: CallbackPool) => { end(): Promise<void> } }
).PromisePool;

class RotatingPromisePool extends PromisePool {
  readonly close: () => Promise<void> = runOnce(() => this.#close());
  readonly #dispatcher: Dispatcher;
  readonly #keeper: Keeper;
  readonly #watchdog: Watchdog;
  #status: PoolHealth["status"] | undefined;

  constructor(settings: Settings) {
    const dispatcher = new Dispatcher(settings);
    const keeper = new Keeper(dispatcher);
    super(
      new CallbackPool({ dispatcher, keeper, close: () => this.close(), promise: (pool) => new PromisePool(pool) }),
    );
    this.#dispatcher = dispatcher;
    this.#keeper = keeper;
    this.#watchdog = new Watchdog(dispatcher, () => {
      keeper.tick();
      this.#report();
    });
    dispatcher.listener = {
      refused: (generation, error) => keeper.reject(generation, faultName(error)),
      denied: (connection, error) => void keeper.judge(connection, error),
      drained: (generation) => keeper.drained(generation),
      stirred: () => this.#watchdog.stir(),
      changed: () => this.#report(),
      missing: () => missing(settings),
    };
    keeper.start();
  }

  get events(): Emitter<PoolEvents> {
    return this.#dispatcher.events;
  }

  get health(): PoolHealth {
    return healthOf(this.#dispatcher, this.#keeper.failing);
  }

  get freshness(): Freshness {
    return freshnessOf[this.health.status];
  }

  get stats(): PoolStats {
    const { counters, current, generations, queue, open } = this.#dispatcher;
    const gauges = { active: 0, idle: 0, connecting: 0 };
    for (const generation of generations) {
      gauges.active += generation.busy;
      gauges.idle += generation.idle.length;
      gauges.connecting += generation.connecting;
    }
    const draining = open - (current?.connections.size ?? 0);
    return {
      ...counters,
      generation: current?.id ?? 0,
      ...gauges,
      open,
      draining,
      queued: queue.size,
    };
  }

  async ready(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { clock } = this.#dispatcher.settings;
    for (;;) {
      options.signal?.throwIfAborted();
      try {
        return await this.#probe();
      } catch (error) {
        if (error instanceof MysqlError && error.code === "POOL_CLOSED") throw error;
      }
      await sleep(clock, 100, { signal: options.signal });
    }
  }

  isCurrent(connection: unknown): boolean {
    for (const pooled of this.#dispatcher.current?.connections ?? []) if (pooled.raw === connection) return true;
    return false;
  }

  override end(): Promise<void> {
    return this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [inspect.custom](): string {
    return `RotatingPool ${inspect({ health: this.health, stats: this.stats })}`;
  }

  /** One connection that answers. */
  async #probe(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#dispatcher.acquire({
        deadline: 0,
        run: (connection) => {
          connection.raw.ping((error) => {
            connection.release();
            if (error) reject(error);
            else resolve();
          });
        },
        fail: reject,
      });
    });
  }

  async #close(): Promise<void> {
    const { settings, generations } = this.#dispatcher;
    this.#dispatcher.close();
    await this.#emptied(settings.closeTimeoutMs);
    for (const generation of generations) {
      for (const connection of [...generation.connections]) connection.cut(closedError());
    }
    await this.#emptied(1_000);
    this.#watchdog.close();
    await this.#keeper.close();
  }

  /** Until every socket is closed, or the time is over. */
  async #emptied(ms: number): Promise<void> {
    if (this.#dispatcher.open === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#dispatcher.clock.after(ms, resolve);
      this.#dispatcher.onEmpty = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Says it when the health changed. */
  #report(): void {
    if (this.#dispatcher.closing) return;
    const { status, reason } = this.health;
    const before = this.#status;
    if (status === before) return;
    this.#status = status;
    if (status !== "passing") this.events.emit("degraded", { status, reason });
    else if (before !== undefined) this.events.emit("restored", { status });
  }
}

function missing(settings: Settings): MysqlError {
  if (!settings.credentials.current) {
    return new MysqlError({
      code: "POOL_NO_CREDENTIALS",
      message:
        "there are no credentials for MySQL yet: their source (Vault) has not given any; the pool keeps waiting for them",
    });
  }
  return new MysqlError({
    code: "POOL_NO_ADDRESS",
    message:
      "there is no address for MySQL yet: its source (discovery) has not found any; the pool keeps waiting for one",
  });
}
