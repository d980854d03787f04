import type { EngineMaker } from "../../engine.ts";
import { durationSeconds } from "../routing/go-duration.ts";
import { refused } from "../routing/refusals.ts";
import { route } from "../routing/route.ts";
import { routedEngine } from "../routing/routed-engine.ts";

type Secret = Readonly<Record<string, unknown>>;

/** Version 1: one value a path, kept as it came; `ttl` or `lease` in it is only shown. */
export const kvV1: EngineMaker = (context) => {
  const { storage } = context;
  return routedEngine([
    route({
      path: /^(?<path>.*)$/s,
      fields: { path: "string" },
      exists: async ({ path = "" }) => (await storage.get(path)) !== undefined,
      async read({ values: { path = "" } }) {
        const secret = await storage.get<Secret>(path);
        return secret && { data: secret, shownTtlMs: shownTtlMs(secret) ?? context.defaultTtlMs };
      },
      async list({ values: { path = "" } }) {
        const keys = await storage.list(path);
        return keys.length ? { data: { keys } } : undefined;
      },
      async write({ values: { path = "" }, request }) {
        if (!path) throw refused("missing path");
        if (Object.keys(request.data).length === 0) throw refused("missing data fields");
        await storage.put(path, request.data);
        return undefined;
      },
      async delete({ values: { path = "" } }) {
        await storage.delete(path);
        return undefined;
      },
    }),
  ]);
};

/** Undefined where it says none, or none that can be read. */
function shownTtlMs(secret: Secret): number | undefined {
  const said = secret["ttl"] ?? secret["lease"];
  if (said === undefined) return undefined;
  try {
    return durationSeconds(said) * 1_000;
  } catch {
    return undefined;
  }
}
