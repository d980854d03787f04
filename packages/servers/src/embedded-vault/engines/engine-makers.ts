import type { EngineMaker } from "../engine.ts";

/** Loads an engine when it is first mounted: nobody waits for a MySQL driver that is not needed. */
export type EngineLoader = () => Promise<EngineMaker>;

/** The secrets engines by type; `kv-1` and `kv-2` are the two versions of `kv`. */
export const secretsEngines: Readonly<Record<string, EngineLoader>> = {
  "kv-1": async () => (await import("./kv/kv-v1.ts")).kvV1,
  "kv-2": async () => (await import("./kv/kv-v2.ts")).kvV2,
  database: async () => (await import("./database/database.ts")).database,
  mysql: async () => (await import("./mysql/mysql.ts")).mysql,
};

/** The auth methods by type. */
export const authMethods: Readonly<Record<string, EngineLoader>> = {
  "app-id": async () => (await import("./app-id/app-id.ts")).appId,
  approle: async () => (await import("./approle/approle.ts")).approle,
};
