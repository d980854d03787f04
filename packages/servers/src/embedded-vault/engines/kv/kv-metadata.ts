import type { EngineStorage } from "../../engine-storage.ts";
import type { VaultFailure } from "../../failure.ts";
import { text } from "../routing/fields.ts";
import { goDuration } from "../routing/go-duration.ts";
import { refused } from "../routing/refusals.ts";
import { type Route, route } from "../routing/route.ts";
import { shownVersion } from "./key-metadata.ts";
import { kvConfiguration } from "./kv-configuration.ts";
import type { VersionedKeys } from "./versioned-keys.ts";

/** `metadata/PATH` of a KV 2 mount. */
export function kvMetadataRoute(keys: VersionedKeys, storage: EngineStorage): Route {
  return route({
    path: /^metadata\/(?<path>.*)$/s,
    fields: {
      path: "string",
      cas_required: "bool",
      max_versions: "int",
      delete_version_after: "seconds",
      custom_metadata: "map",
    },
    exists: async ({ path = "" }) => (await keys.find(path)) !== undefined,
    async list({ values: { path = "" } }) {
      const names = await keys.list(path);
      return names.length ? { data: { keys: names } } : undefined;
    },
    async read({ values: { path = "" } }) {
      const key = await keys.find(path);
      if (!key) return undefined;
      const versions = Object.entries(key.versions).map(([number, version]) => [number, shownVersion(version)]);
      return {
        data: {
          versions: Object.fromEntries(versions),
          current_version: key.current,
          oldest_version: key.oldest,
          created_time: key.created,
          updated_time: key.updated,
          max_versions: key.maxVersions,
          cas_required: key.casRequired,
          delete_version_after: goDuration(key.deleteAfterSeconds * 1_000),
          custom_metadata: key.custom,
        },
      };
    },
    async write({ values }) {
      const { path = "", cas_required, max_versions, delete_version_after, custom_metadata } = values;
      if (!path) throw refused("missing path");
      const all = [cas_required, max_versions, delete_version_after, custom_metadata];
      if (all.every((value) => value === undefined)) return undefined;
      const custom = custom_metadata && customMetadata(custom_metadata);
      const { casRequired } = await kvConfiguration(storage);
      await keys.change(
        path,
        (key) => {
          key.casRequired = cas_required ?? key.casRequired;
          key.maxVersions = max_versions ?? key.maxVersions;
          key.deleteAfterSeconds = delete_version_after ?? key.deleteAfterSeconds;
          key.custom = custom ?? key.custom;
        },
        { make: true },
      );
      if (!casRequired || cas_required !== false) return undefined;
      const ignored = '"cas_required" set to false, but is mandated by backend config. This value will be ignored.';
      return { status: 200, warnings: [ignored] };
    },
    async delete({ values: { path = "" } }) {
      await keys.forget(path);
      return undefined;
    },
  });
}

const failed = "custom_metadata validation failed";
const [mostKeys, longestKey, longestValue] = [64, 128, 512];

function customMetadata(raw: Readonly<Record<string, unknown>>): Record<string, string> {
  const names = Object.keys(raw);
  if (names.length > mostKeys) {
    throw several([`${failed}: payload must contain at most ${mostKeys} keys, provided ${names.length}`]);
  }
  const custom = Object.fromEntries(names.map((name) => [name, asText(raw[name])]));
  const faults = Object.entries(custom).flatMap(([name, value]) => [
    ...fault(`key ${JSON.stringify(name)}`, "key", name.length, longestKey),
    ...fault(`value for key ${JSON.stringify(name)}`, "value", value.length, longestValue),
  ]);
  if (faults.length) throw several(faults);
  return custom;
}

function fault(what: string, short: string, length: number, longest: number): string[] {
  if (length > 0 && length <= longest) return [];
  return [`${failed}: length of ${what} is ${length} but must be 0 < len(${short}) <= ${longest}`];
}

function asText(value: unknown): string {
  try {
    return text(value, "''");
  } catch (error) {
    throw refused(`${failed}: ${(error as VaultFailure).message}`);
  }
}

function several(faults: readonly string[]): VaultFailure {
  const errors = faults.length === 1 ? "1 error" : `${faults.length} errors`;
  return refused(`${errors} occurred:\n${faults.map((each) => `\t* ${each}\n`).join("")}\n`);
}
