import type { Clock } from "@minicluster/core";
import { refused } from "../routing/refusals.ts";
import { type Route, route } from "../routing/route.ts";
import { passed } from "../routing/stamps.ts";
import type { VersionedKeys } from "./versioned-keys.ts";

/** `delete/`, `undelete/` and `destroy/PATH` of a KV 2 mount. */
export function kvVersionsRoutes(keys: VersionedKeys, clock: Clock): Route[] {
  const remove = (path: string, numbers: readonly number[]): Promise<void> =>
    keys.change(path, (key) => {
      for (const number of numbers) {
        const version = key.versions[number];
        if (version && !version.destroyed && !passed(version.deletion, clock.now())) {
          version.deletion = keys.stamps.now();
        }
      }
    });

  const each = (path: RegExp, none: string, work: (path: string, numbers: readonly number[]) => Promise<void>): Route =>
    route({
      path,
      fields: { path: "string", versions: "ints" },
      async write({ values: { path: key = "", versions = [] } }) {
        if (versions.length === 0) throw refused(none);
        await work(key, versions);
        return undefined;
      },
    });

  return [
    each(/^delete\/(?<path>.*)$/s, "No version number provided", remove),
    each(/^undelete\/(?<path>.*)$/s, "No version number provided", (path, numbers) => keys.undelete(path, numbers)),
    each(/^destroy\/(?<path>.*)$/s, "no version number provided", (path, numbers) => keys.destroy(path, numbers)),
  ];
}
