import { type Clock, Deadline, singleFlight } from "@minicluster/core";
import type { TodoStore } from "./store.ts";
import type { TodoTable } from "./table.ts";

export type HealthState = "passing" | "degraded" | "critical";

/** Consul's HTTP check: 2xx is passing, 429 a warning, anything else critical. */
export const healthStatus: Readonly<Record<HealthState, number>> = { passing: 200, degraded: 429, critical: 503 };

export interface HealthPart {
  name: string;
  status: HealthState;
  /** For people; no secrets. */
  reason?: string | undefined;
}

/** The body of `/health`. */
export interface HealthReport {
  status: HealthState;
  parts: readonly HealthPart[];
}

/** As well as the worst of its parts, each with a reason only where there is one to give. */
export function healthOf(given: readonly HealthPart[]): HealthReport {
  const parts = given.map(({ name, status, reason }) => (reason ? { name, status, reason } : { name, status }));
  const worst = (["critical", "degraded"] as const).find((state) => parts.some((part) => part.status === state));
  return { status: worst ?? "passing", parts };
}

const passing: HealthPart = { name: "database", status: "passing" };
const readOnly: HealthPart = { name: "database", status: "degraded", reason: "it takes no writes" };

/** How long a look at the database is good for, in milliseconds: many pollers make one query. */
const freshMs = 250;

/**
 * The parts that the service itself knows: its database, asked at most every 250 ms, and its table.
 *
 * @example const look = databaseHealth({ store, table, clock }); await look() // [{ name: "database", status: "passing" }, ...]
 */
export function databaseHealth(options: {
  store: TodoStore;
  table: TodoTable;
  clock: Clock;
}): () => Promise<readonly HealthPart[]> {
  const { store, table, clock } = options;
  let last: HealthPart = { name: "database", status: "critical", reason: "not asked yet" };
  let fresh = new Deadline(clock, 0);
  const ask = singleFlight(async () => {
    try {
      await store.probe();
      last = store.state === "read-only" ? readOnly : passing;
    } catch (error) {
      last = { name: "database", status: "critical", reason: (error as Error).message };
    }
    fresh = new Deadline(clock, freshMs);
  });
  return async () => {
    // A request that found no database says more than a look that is older.
    if (fresh.passed || (last === passing && store.state !== "available")) await ask();
    return [last, tableHealth(table)];
  };
}

function tableHealth(table: TodoTable): HealthPart {
  switch (table.state) {
    case "ready":
      return { name: "table", status: "passing" };
    case "pending":
      return { name: "table", status: "critical", reason: "not made yet" };
    case "different":
      return { name: "table", status: "degraded", reason: table.differences.join("; ") };
  }
}
