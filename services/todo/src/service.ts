import { type Clock, sleep, systemClock, withDeadline } from "@minicluster/core";
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
  mysql(options: { credentials: string; database: string; service: string; acquireTimeout: "600ms" }): Database;
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

/** How long each step of stopping may take, in milliseconds; together less than 10 s. */
const stopMs = { deregister: 1_500, grace: 300, drain: 4_000, leave: 3_500 } as const;

/**
 * The service from its start to its end: listens and answers before anything it depends on is there, announces itself,
 * and when told to stop deregisters, finishes what is in flight, and leaves the cluster.
 *
 * @throws TodoError `INVALID_SETTING`, `CANNOT_LISTEN`; the SDK's own for a setting it can't use
 */
export async function runService(options: ServiceOptions): Promise<void> {
  const { env, log, stopping, clock = systemClock } = options;
  const config = readConfig(env);
  const cluster = await options.join(env);
  const { credentials, database, service } = config;
  const db = cluster.mysql({ credentials, database, service, acquireTimeout: "600ms" });
  await using table = new TodoTable({ db, log, clock });
  const store = new TodoStore({ db, log, clock, onTableMissing: () => table.missing() });
  const own = databaseHealth({ store, table, clock });
  const life = (): HealthPart[] =>
    stopping.aborted ? [{ name: "service", status: "critical", reason: "it is stopping" }] : [];
  const health = async (): Promise<HealthReport> => healthOf([...life(), ...(await own()), ...cluster.health().parts]);
  const server = new TodoServer(createApp({ store, health, log }), { clock });
  try {
    const { address, port } = await server.listen(config.bind);
    log.info({ event: "service.started", address, port }, `listening on ${address}:${port}`);
    table.start();
    const announcement = announce(cluster, { address, port, log });
    await aborted(stopping);
    await stop({ server, announcement, log, clock });
  } finally {
    await within(clock, stopMs.leave, "leaving the cluster", () => cluster.leave());
  }
  log.info({ event: "service.stopped" }, "stopped");
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
    await within(clock, stopMs.deregister, "deregistering", async () => await (await announcement)?.close());
  } catch (error) {
    log.warn({ event: "service.not_deregistered", error: describeError(error) }, "stopped without deregistering");
  }
  await sleep(clock, stopMs.grace);
  await server.drain(stopMs.drain);
}

async function within(clock: Clock, ms: number, phase: string, work: () => Promise<void>): Promise<void> {
  await withDeadline({ clock, ms, phase }, work);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
