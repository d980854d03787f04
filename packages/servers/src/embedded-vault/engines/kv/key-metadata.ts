/** One version of a key; times are stamps, "" for never. */
export interface VersionMetadata {
  created: string;
  /** Deleted once it has passed. */
  deletion: string;
  destroyed: boolean;
}

/** What KV 2 keeps of a key beside its versions' data. */
export interface KeyMetadata {
  versions: Record<string, VersionMetadata>;
  current: number;
  oldest: number;
  created: string;
  updated: string;
  /** 0: the mount's. */
  maxVersions: number;
  casRequired: boolean;
  /** 0: the mount's. */
  deleteAfterSeconds: number;
  custom: Readonly<Record<string, string>> | null;
}

/** Without versions yet; `at` is its stamp, "" until its first version. */
export function newKey(at: string): KeyMetadata {
  return {
    versions: {},
    current: 0,
    oldest: 0,
    created: at,
    updated: at,
    maxVersions: 0,
    casRequired: false,
    deleteAfterSeconds: 0,
    custom: null,
  };
}

const defaultMaxVersions = 10;

/**
 * Adds the next version, and forgets those beyond what is kept.
 *
 * @param maxVersions of the mount, 0 for none; the larger of it and the key's counts, 10 without either
 * @returns the numbers of the versions whose data may go
 */
export function addVersion(key: KeyMetadata, version: VersionMetadata, maxVersions: number): number[] {
  key.current += 1;
  key.versions[key.current] = version;
  key.updated = version.created;
  key.created ||= version.created;
  const kept = Math.max(key.maxVersions, maxVersions) || defaultMaxVersions;
  if (key.current - key.oldest < kept) return [];
  const last = key.current - kept;
  const gone = Object.keys(key.versions)
    .map(Number)
    .filter((number) => number <= last);
  for (const number of gone) delete key.versions[number];
  key.oldest = last + 1;
  return gone;
}

/** A version as answers show it. */
export function shownVersion({ created, deletion, destroyed }: VersionMetadata): Record<string, unknown> {
  return { created_time: created, deletion_time: deletion, destroyed };
}
