import type { Drill } from "./drill.ts";
import type { Must } from "./rules.ts";

/** The pool of a service that answers within a second whatever MySQL does: both waits together are shorter. */
export const promptPool: NonNullable<Drill["pool"]> = { acquireTimeout: "400ms", queryTimeout: "500ms" };

/** What calls say while MySQL is away: todo's own codes, then the pool's. */
export const awayCodes: readonly string[] = [
  "DATABASE_UNAVAILABLE",
  "OUTCOME_UNKNOWN",
  "MYSQL_UNREACHABLE",
  "MYSQL_LOST",
  "MYSQL_TIMEOUT",
  // Vault dropped accounts whose leases ended meanwhile, and others come a moment later.
  "MYSQL_REFUSED",
  "POOL_ACQUIRE_TIMEOUT",
];

/** What must hold while MySQL can't be used, and when it is back. */
export const mysqlAway: Must = {
  fail: "while down",
  recoversMs: 2_000,
  answersMs: 1_000,
  codes: awayCodes,
  says: "critical",
  healthyMs: 3_000,
};
