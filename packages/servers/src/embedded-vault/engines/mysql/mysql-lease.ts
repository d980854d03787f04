import type { EngineStorage } from "../../engine-storage.ts";
import { VaultFailure } from "../../failure.ts";
import { goDuration, goDurationMs } from "../routing/go-duration.ts";
import { refused } from "../routing/refusals.ts";
import { type Route, route } from "../routing/route.ts";

/** How long credentials live; 0: the mount's. */
export interface MysqlLease {
  ttlMs: number;
  maxTtlMs: number;
}

export async function mysqlLease(storage: EngineStorage): Promise<MysqlLease> {
  return (await storage.get<MysqlLease>("config/lease")) ?? { ttlMs: 0, maxTtlMs: 0 };
}

/** `config/lease`. */
export function mysqlLeaseRoute(storage: EngineStorage): Route {
  return route({
    path: /^config\/lease$/,
    fields: { lease: "string", lease_max: "string" },
    async read() {
      const kept = await storage.get<MysqlLease>("config/lease");
      return kept && { data: { lease: goDuration(kept.ttlMs), lease_max: goDuration(kept.maxTtlMs) } };
    },
    async write({ values: { lease = "", lease_max = "" } }) {
      await storage.put("config/lease", { ttlMs: parsed(lease), maxTtlMs: parsed(lease_max) } satisfies MysqlLease);
      return undefined;
    },
  });
}

function parsed(text: string): number {
  try {
    return goDurationMs(text);
  } catch (error) {
    throw error instanceof VaultFailure ? refused(`Invalid lease: ${error.message}`) : error;
  }
}
