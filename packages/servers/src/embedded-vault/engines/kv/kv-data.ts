import type { Clock } from "@minicluster/core";
import { refused } from "../routing/refusals.ts";
import { type Route, route } from "../routing/route.ts";
import { passed } from "../routing/stamps.ts";
import { shownVersion } from "./key-metadata.ts";
import type { VersionedKeys } from "./versioned-keys.ts";

/** `data/PATH` of a KV 2 mount. */
export function kvDataRoute(keys: VersionedKeys, clock: Clock): Route {
  return route({
    path: /^data\/(?<path>.*)$/s,
    fields: { path: "string", version: "int", options: "map", data: "map" },
    exists: async ({ path = "" }) => (await keys.find(path)) !== undefined,
    async read({ values: { path = "", version: asked = 0 } }) {
      const key = await keys.find(path);
      const number = asked > 0 ? asked : (key?.current ?? 0);
      const version = key?.versions[number];
      if (!key || !version) return undefined;
      const metadata = { ...shownVersion(version), version: number, custom_metadata: key.custom };
      if (version.destroyed || passed(version.deletion, clock.now())) {
        return { status: 404, data: { data: null, metadata } };
      }
      return { data: { data: await keys.data(path, number), metadata } };
    },
    async write({ values: { path = "", options, data }, request }) {
      if (!path) throw refused("missing path");
      if (!data) throw refused("no data provided");
      // A null is stored as one.
      const { key, version } = await keys.add(path, request.data["data"] === null ? null : data, options?.["cas"]);
      return { data: { ...shownVersion(version), version: key.current, custom_metadata: key.custom } };
    },
    async delete({ values: { path = "" } }) {
      await keys.change(path, (key) => {
        const version = key.versions[key.current];
        if (version && !version.destroyed && !passed(version.deletion, clock.now())) {
          version.deletion = keys.stamps.now();
        }
      });
      return undefined;
    },
  });
}
