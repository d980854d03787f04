import type { DevCluster } from "@minicluster/devcluster";
import { Cluster, type HealthStatus } from "@minicluster/sdk";
import { Meter, type Summary } from "../load/meter.ts";
import { mysqlLoad } from "../load/mysql-load.ts";
import { eventually } from "./eventually.ts";

export interface UnderLoad {
  app: Cluster;
  meter: Meter;
  /** Every status that health took, in order, each once in a row. */
  statuses: HealthStatus[];
  rotations: string[];
}

/** Joins a service, sends it 500 queries/s while `work` runs, leaves, and tells what the load saw. */
export async function underLoad(cluster: DevCluster, work: (load: UnderLoad) => Promise<void>): Promise<Summary> {
  const env = cluster.env("todo");
  const app = await Cluster.join({ env });
  const stop = new AbortController();
  const meter = new Meter();
  const load: UnderLoad = { app, meter, statuses: [], rotations: [] };
  app.events.on("health", ({ status }) => load.statuses.at(-1) !== status && load.statuses.push(status));
  app.events.on("credentials.rotated", ({ reason }) => load.rotations.push(reason));
  const pool = app.mysql({ credentials: env["MYSQL_CREDENTIALS"] ?? "", database: "todo" });
  await app.ready({ timeout: "20s" });
  const done = mysqlLoad({ pool, meter, signal: stop.signal });
  try {
    await work(load);
  } finally {
    stop.abort();
    await done;
    await app.leave();
  }
  return meter.summary();
}

/** Waits until the service that the load is on says that all is well. */
export async function passingAgain({ app }: Pick<UnderLoad, "app">): Promise<void> {
  await eventually("health passing", 10_000, async () => app.health().status === "passing" || undefined);
}
