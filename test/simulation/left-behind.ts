import type { Operator } from "./operator.ts";
import { rotatingPath } from "./pools.ts";
import type { Settings } from "./settings.ts";

/** What Vault holds for the service: tokens of its logins, leases of its accounts. */
export async function leftBehind(of: {
  operator: Operator;
  settings: Settings;
}): Promise<{ tokens: number; leases: number }> {
  const { operator, settings } = of;
  const leases = await operator.list(`sys/leases/lookup/${rotatingPath(settings)}`);
  const tokens = await operator.list("sys/leases/lookup/auth/app-id/login");
  return { tokens: tokens.length, leases: leases.length };
}
