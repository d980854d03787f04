import type { Cluster, RotatingPool } from "@minicluster/sdk";
import type { PoolName } from "./pools.ts";
import { connectionLimits } from "./pools.ts";
import type { World } from "./world.ts";

/** How often it looks. */
const everyMs = 60_000;
/** After everything has been well for so long the service must say so. */
const wellMs = 180_000;
/** MySQL has been there, and the account works, for so long: the pool may not say that it can't serve. */
const backMs = 10_000;
/** More timers than this at once are a leak. */
const mostTimers = 150;

/** Compares what the service says of itself with how things are. */
export class HealthWatch {
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #pools: Record<PoolName, RotatingPool>;
  #cancel: () => void = () => {};

  constructor(world: World, cluster: Cluster, pools: Record<PoolName, RotatingPool>) {
    this.#world = world;
    this.#cluster = cluster;
    this.#pools = pools;
    this.#arm();
  }

  close(): void {
    this.#cancel();
  }

  #arm(): void {
    this.#cancel = this.#world.time.after(everyMs, () => {
      this.#look();
      this.#arm();
    });
  }

  #look(): void {
    const { truth, time, process } = this.#world;
    if (process.asleep) return;
    const now = time.monotonic();
    const { status, parts } = this.#cluster.health();
    const said = `${status} (${parts.map(({ name, status: of, reason = "" }) => `${name} ${of} ${reason}`).join("; ")})`;
    const { calmSince } = truth;
    if (calmSince !== undefined && now - calmSince >= wellMs && status !== "passing") {
      this.#broken(`all has been well for ${wellMs / 1_000} s, and the service says ${said}`);
    }
    for (const pool of ["rotating", "static"] as const) {
      const { health, stats } = this.#pools[pool];
      const back =
        truth.mysqlThere(backMs) && truth.works(pool) && calmSince !== undefined && now - calmSince >= backMs;
      if (back && health.status === "critical")
        this.#broken(`MySQL is back, and the ${pool} pool says ${health.reason}`);
      if (stats.open > connectionLimits[pool] + 2) this.#broken(`the ${pool} pool has ${stats.open} connections open`);
    }
    if (process.pending > mostTimers) this.#broken(`${process.pending} timers are pending`);
  }

  #broken(what: string): void {
    const at = (this.#world.time.monotonic() / 1_000).toFixed(1);
    this.#world.truth.violations.push(`at ${at} s: ${what}`);
  }
}
