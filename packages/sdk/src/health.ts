/** `passing`: all is well. `degraded`: it works, on what was known before. `critical`: it can't do its work. */
export type HealthStatus = "passing" | "degraded" | "critical";

export interface PartHealth {
  /** "consul", "vault", "mysql:todo", "announce:todo". */
  name: string;
  status: HealthStatus;
  /** Why it is not passing; never a secret. */
  reason?: string | undefined;
}

export interface ClusterHealth {
  status: HealthStatus;
  parts: readonly PartHealth[];
}

const order: readonly HealthStatus[] = ["passing", "degraded", "critical"];

/** The whole is as well as its worst part; with no parts it is passing. */
export function overall(parts: readonly PartHealth[]): ClusterHealth {
  const worst = Math.max(0, ...parts.map(({ status }) => order.indexOf(status)));
  return { status: order[worst] ?? "critical", parts };
}
