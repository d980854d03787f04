import { type Clock, sleep } from "@minicluster/core";
import type { RotatingPool } from "@minicluster/sdk";
import type { PoolName } from "./pools.ts";
import { seededRandom } from "./seeded-random.ts";
import type { World } from "./world.ts";

export interface LoadCounts {
  calls: number;
  failed: number;
  byKind: Record<string, number>;
}

type Kind = "query" | "execute" | "insert" | "slow" | "transaction" | "held";

/** What is called how often; the rest are single queries. */
const mix: readonly (readonly [Kind, share: number])[] = [
  ["execute", 0.15],
  ["insert", 0.2],
  ["slow", 0.08],
  ["transaction", 0.1],
  ["held", 0.05],
];

const quick: ReadonlySet<Kind> = new Set(["query", "execute", "insert"]);

/** Between two calls, on average. */
const pauseMs = 240_000;
/** A connection is held for so long at most, and for no more than this share of a lease (the pool's README asks for a third). */
const [longestHoldMs, holdShare] = [180_000, 1 / 8];

interface Call {
  pool: PoolName;
  kind: Kind;
  startedAt: number;
  /** Rows that it writes. */
  rows: number[];
}

/** The service's callers: now and then one, or several at once. Whatever fails is judged. */
export class Load {
  readonly counts: LoadCounts = { calls: 0, failed: 0, byKind: {} };
  readonly #world: World;
  readonly #pools: Record<PoolName, RotatingPool>;
  readonly #random: () => number;
  readonly #clock: Clock;
  readonly #open = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #rows = 0;

  constructor(options: { world: World; pools: Record<PoolName, RotatingPool>; seed: number }) {
    this.#world = options.world;
    this.#pools = options.pools;
    this.#random = seededRandom(options.seed + 4);
    this.#clock = options.world.process.clock;
    this.#running = this.#run();
  }

  /** Waits for those who are still at it. */
  async close(): Promise<void> {
    this.#closing.abort(new Error("the load ends"));
    await this.#running;
    await Promise.all(this.#open);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const burst = this.#random() < 0.05 ? 2 + Math.floor(this.#random() * 10) : 1;
      for (let count = 0; count < burst; count += 1) this.#call(burst === 1);
      await sleep(this.#clock, -Math.log(1 - this.#random()) * pauseMs, { signal }).catch(() => {});
    }
  }

  #call(single: boolean): void {
    const pool = this.#random() < 0.75 ? "rotating" : "static";
    const kind = this.#kind();
    // Several that take long would use up a small pool, which is nobody's fault.
    const call: Call = {
      pool,
      kind: single || quick.has(kind) ? kind : "query",
      startedAt: this.#world.time.monotonic(),
      rows: [],
    };
    const work = this.#made(call).finally(() => this.#open.delete(work));
    this.#open.add(work);
  }

  #kind(): Kind {
    let dice = this.#random();
    for (const [kind, share] of mix) {
      dice -= share;
      if (dice < 0) return kind;
    }
    return "query";
  }

  async #made(call: Call): Promise<void> {
    const { truth } = this.#world;
    this.counts.calls += 1;
    truth.calls += 1;
    truth.look();
    this.counts.byKind[call.kind] = (this.counts.byKind[call.kind] ?? 0) + 1;
    try {
      await this.#work(call);
      this.#mustHaveWritten(call, 1);
    } catch (error) {
      this.counts.failed += 1;
      this.#judge(call, error);
    } finally {
      truth.calls -= 1;
    }
  }

  async #work(call: Call): Promise<void> {
    const pool = this.#pools[call.pool];
    switch (call.kind) {
      case "query":
        return void (await pool.query("SELECT 1"));
      case "execute":
        return void (await pool.execute("SELECT ? AS answer", [1]));
      case "insert":
        return void (await pool.query(this.#insert(call)));
      case "slow":
        return void (await pool.query(`SELECT SLEEP(${1 + Math.floor(this.#random() * 20)})`));
      case "transaction":
        return await this.#transaction(call);
      case "held":
        return await this.#held(call);
    }
  }

  async #transaction(call: Call): Promise<void> {
    await using connection = await borrowed(this.#pools[call.pool]);
    await connection.use.beginTransaction();
    await connection.use.query(this.#insert(call));
    await sleep(this.#clock, this.#random() * 5_000);
    await connection.use.query(this.#insert(call));
    await connection.use.commit();
  }

  async #held(call: Call): Promise<void> {
    await using connection = await borrowed(this.#pools[call.pool]);
    const { lease, token } = this.#world.truth.lives;
    const longest = Math.min(longestHoldMs, Math.min(lease?.ms ?? 0, token?.ms ?? 0) * holdShare);
    const turns = 6;
    for (let turn = 0; turn < turns; turn += 1) {
      await sleep(this.#clock, (this.#random() * longest) / turns);
      await connection.use.query("SELECT 1");
    }
  }

  #insert(call: Call): string {
    this.#rows += 1;
    call.rows.push(this.#rows);
    return `INSERT INTO todo VALUES (${this.#rows})`;
  }

  #mustHaveWritten(call: Call, times: number): void {
    const { written, violations } = this.#world.truth;
    for (const row of call.rows) {
      const seen = written.get(row) ?? 0;
      written.delete(row);
      if (seen !== times)
        violations.push(`a row was written ${seen} times, and should be ${times} times: ${call.kind}`);
    }
  }

  #judge(call: Call, error: unknown): void {
    const { truth, time } = this.#world;
    const {
      code = "no code",
      sent = false,
      message = "",
    } = error as { code?: string; sent?: boolean; message?: string };
    const single = call.kind === "insert";
    const seen = call.rows.map((row) => truth.written.get(row) ?? 0);
    for (const row of call.rows) truth.written.delete(row);
    if (seen.some((times) => times > 1)) truth.violations.push(`a row was written twice: ${call.kind}, ${code}`);
    if (single && !sent && seen[0] !== 0) truth.violations.push(`${code} says that nothing was sent, and it was`);
    const { pool, kind, startedAt } = call;
    const now = time.monotonic();
    const known = code.startsWith("MYSQL_") || code.startsWith("POOL_");
    if (known && truth.excuses(pool, startedAt, now)) return;
    const lived = `from ${(startedAt / 1_000).toFixed(1)} s to ${(now / 1_000).toFixed(1)} s`;
    truth.violations.push(`a call failed: ${kind} on the ${pool} pool, ${lived}: ${code}: ${message}`);
  }
}

async function borrowed(pool: RotatingPool) {
  const use = await pool.getConnection();
  return { use, [Symbol.asyncDispose]: async () => use.release() };
}
