import { ConsulFailure } from "./failure.ts";
import type { Query } from "./query.ts";
import { parseBool } from "./wire-bool.ts";

/** Whether `?enable` says so. @throws ConsulFailure 400 */
export function enableOf(query: Query): boolean {
  if (!query.has("enable")) throw new ConsulFailure(400, "Missing value for enable");
  const text = query.get("enable");
  const enable = parseBool(text);
  if (enable === undefined) throw new ConsulFailure(400, `Invalid value for enable: ${JSON.stringify(text)}`);
  return enable;
}

/** What stands for a reason that nobody gave. */
export function maintenanceReason(of: "service" | "node"): string {
  return `Maintenance mode is enabled for this ${of}, but no reason was provided. This is a default message.`;
}
