import type { Drill } from "./drill.ts";

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
