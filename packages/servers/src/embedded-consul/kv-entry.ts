/** A key and what is stored there. Never changed: a write replaces it. */
export interface KvEntry {
  readonly key: string;
  readonly value: Buffer;
  /** 64 bits, unsigned; for the client alone. */
  readonly flags: bigint;
  /** How often the lock on it was taken. */
  readonly lockIndex: number;
  /** The session that holds its lock; "" for none. */
  readonly session: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** What a client writes. */
export interface KvWrite {
  readonly key: string;
  readonly value: Buffer;
  readonly flags: bigint;
}

/** As Consul's JSON has it; `withValue` false leaves the value out, as the answer to a write does. */
export function wireEntry(entry: KvEntry, withValue = true): Record<string, unknown> {
  return {
    LockIndex: entry.lockIndex,
    Key: entry.key,
    Flags: entry.flags <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(entry.flags) : entry.flags,
    Value: withValue && entry.value.length > 0 ? entry.value.toString("base64") : null,
    ...(entry.session !== "" && { Session: entry.session }),
    CreateIndex: entry.createIndex,
    ModifyIndex: entry.modifyIndex,
  };
}

/** Nothing in it would change: Consul leaves the entry, and its index, as it is. */
export function sameEntry(one: KvEntry, other: KvEntry): boolean {
  return (
    one.flags === other.flags &&
    one.lockIndex === other.lockIndex &&
    one.session === other.session &&
    one.value.equals(other.value)
  );
}
