import type { EngineStorage } from "../../engine-storage.ts";
import { goDuration } from "../routing/go-duration.ts";
import { type Route, route } from "../routing/route.ts";

/** What counts for every key of a KV 2 mount. */
export interface KvConfiguration {
  /** 0: the default of 10. */
  maxVersions: number;
  casRequired: boolean;
  /** 0: none; -1: none, whatever a key says. */
  deleteAfterSeconds: number;
}

const unset: KvConfiguration = { maxVersions: 0, casRequired: false, deleteAfterSeconds: 0 };

export async function kvConfiguration(storage: EngineStorage): Promise<KvConfiguration> {
  return (await storage.get<KvConfiguration>("config")) ?? unset;
}

/** `config` of a KV 2 mount. */
export function kvConfigurationRoute(storage: EngineStorage): Route {
  return route({
    path: /^config$/,
    fields: { max_versions: "int", cas_required: "bool", delete_version_after: "signedSeconds" },
    async read() {
      const { maxVersions, casRequired, deleteAfterSeconds } = await kvConfiguration(storage);
      return {
        data: {
          max_versions: maxVersions,
          cas_required: casRequired,
          delete_version_after: goDuration(deleteAfterSeconds * 1_000),
        },
      };
    },
    async write({ values }) {
      const before = await kvConfiguration(storage);
      await storage.put("config", {
        maxVersions: values.max_versions ?? before.maxVersions,
        casRequired: values.cas_required ?? before.casRequired,
        deleteAfterSeconds: Math.max(-1, values.delete_version_after ?? before.deleteAfterSeconds),
      } satisfies KvConfiguration);
      return undefined;
    },
  });
}
