import type { Freshness } from "@minicluster/core";
import type { Dispatcher } from "./dispatcher.ts";
import type { MysqlError } from "./errors.ts";

/** How a pool is. `degraded`: it serves, on something that is not kept fresh; `critical`: it can't serve. */
export interface PoolHealth {
  status: "passing" | "degraded" | "critical";
  /** Empty when passing. */
  reason: string;
}

export const freshnessOf: Record<PoolHealth["status"], Freshness> = {
  passing: "fresh",
  degraded: "stale",
  critical: "expired",
};

/** What a pool was told by others. */
const known = [
  ["credentials", "the credentials of MySQL are"],
  ["address", "the address of MySQL is"],
] as const;

/** @param failing why the next generation can't be opened */
export function healthOf(dispatcher: Dispatcher, failing: MysqlError | undefined): PoolHealth {
  const { current, closing, settings, listener } = dispatcher;
  if (closing) return { status: "critical", reason: "the pool is closed" };
  if (!current) return { status: "critical", reason: listener?.missing().message ?? "not started" };
  if (current.trouble) return { status: current.alive ? "degraded" : "critical", reason: current.trouble.message };
  if (failing) return { status: "degraded", reason: failing.message };
  for (const [name, what] of known) {
    const { state } = settings[name];
    if (state !== "fresh") return { status: "degraded", reason: `${what} ${state}` };
  }
  return { status: "passing", reason: "" };
}
