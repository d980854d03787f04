import { type Clock, Deadline, sleep, systemClock, withDeadline } from "@minicluster/core";
import { createApp } from "./app.ts";
import { announcedAddress } from "./bind.ts";
import { readConfig } from "./config.ts";
import type { Database } from "./database.ts";
import { databaseHealth, type HealthPart, type HealthReport, healthOf } from "./health.ts";
import { describeError, type Log } from "./log.ts";
import { TodoServer } from "./server.ts";
import { TodoStore } from "./store.ts";
import { TodoTable } from "./table.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What the service needs of a joined cluster; `Cluster` of the SDK is one. */
export interface TodoCluster {
  mysql(options: {
    credentials: string;
    database: string;
    service: string;
    acquireTimeout: "600ms";
    queryTimeout: "800ms";
  }): Database;
  announce(options: {
    service: string;
    address?: string;
    port: number;
    check: { http: string; interval: "5s" };
  }): Promise<{ close(): Promise<void> }>;
  health(): HealthReport;
  leave(): Promise<void>;
}

export interface ServiceOptions {
  env: Env;
  /** Joins the cluster without waiting for it, and logs what happens there. */
  join: (env: Env) => Promise<TodoCluster>;
  log: Log;
  /** Its abort is the order to stop. */
  stopping: AbortSignal;
  clock?: Clock | undefined;
}

/** How long stopping may take, and each step of it, in milliseconds; leaving has what the others left. */
const stopMs = { all: 9_500, deregister: 2_000, grace: 300, drain: 4_000 } as const;

/**
 * The service from its start to its end: listens and answers before anything it depends on is there, announces itself,
 * and when told to stop deregisters, finishes what is in flight, and leaves the cluster. It takes less than 10 s.
 *
 * @returns whether all was closed; otherwise something may keep the process from ending by itself
 * @throws TodoError `INVALID_SETTING`, `CANNOT_LISTEN`; the SDK's own for a setting it can't use
 */
export async function runService(options: ServiceOptions): Promise<boolean> {
  const { env, log, stopping, clock = systemClock } = options;
  const config = readConfig(env);
  const cluster = await options.join(env);
  const { credentials, database, service } = config;
  const db = cluster.mysql({ credentials, database, service, acquireTimeout: "600ms", queryTimeout: "800ms" });
  const table = new TodoTable({ db, log, clock });
  const store = new TodoStore({ db, log, clock, onTableMissing: () => table.missing() });
  const own = databaseHealth({ store, table, clock });
  const life = (): HealthPart[] =>
    stopping.aborted ? [{ name: "service", status: "critical", reason: "it is stopping" }] : [];
  const health = async (): Promise<HealthReport> => healthOf([...life(), ...(await own()), ...cluster.health().parts]);
  const server = new TodoServer(createApp({ store, health, log }), { clock });
  let deadline = new Deadline(clock, stopMs.all);
  let left = false;
  try {
    const { address, port } = await server.listen(config.bind);
    log.info({ event: "service.started", address, port }, `listening on ${address}:${port}`);
    table.start();
    const announcement = announce(cluster, { address, port, log });
    await aborted(stopping);
    deadline = new Deadline(clock, stopMs.all);
    await stop({ server, announcement, log, clock });
  } finally {
    await table.close();
    left = await leave({ cluster, ms: deadline.remainingMs, log, clock });
  }
  log.info({ event: "service.stopped" }, "stopped");
  return left;
}

type Announced = Promise<{ close(): Promise<void> } | undefined>;

/** In the background: without Consul the service works for whoever knows its address. */
async function announce(
  cluster: TodoCluster,
  { address, port, log }: { address: string; port: number; log: Log },
): Announced {
  const own = announcedAddress(address);
  try {
    return await cluster.announce({
      ...{ service: "todo", port, check: { http: "/health", interval: "5s" } },
      ...(own === undefined ? {} : { address: own }),
    });
  } catch (error) {
    log.error({ event: "announcement.failed", error: describeError(error) }, "the service is not announced");
    return undefined;
  }
}

/** Deregister, let the watchers learn of it, then finish what is in flight. */
async function stop(parts: { server: TodoServer; announcement: Announced; log: Log; clock: Clock }): Promise<void> {
  const { server, announcement, log, clock } = parts;
  server.lastCalls();
  try {
    const ms = stopMs.deregister;
    await withDeadline({ clock, ms, phase: "deregistering" }, async () => await (await announcement)?.close());
  } catch (error) {
    log.warn({ event: "service.not_deregistered", error: describeError(error) }, "stopped without deregistering");
  }
  await sleep(clock, stopMs.grace);
  await server.drain(stopMs.drain);
}

/** Closes what the cluster holds and revokes the credentials, as far as that is possible in time. */
async function leave(parts: { cluster: TodoCluster; ms: number; log: Log; clock: Clock }): Promise<boolean> {
  const { cluster, ms, log, clock } = parts;
  try {
    await withDeadline({ clock, ms: Math.max(1_000, ms), phase: "leaving the cluster" }, () => cluster.leave());
    return true;
  } catch (error) {
    log.warn(
      { event: "service.not_left", error: describeError(error) },
      "stopped without leaving the cluster in order",
    );
    return false;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
