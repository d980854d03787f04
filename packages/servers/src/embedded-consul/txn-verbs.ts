import type { KvEntry } from "./kv-entry.ts";
import type { KvTable } from "./kv-table.ts";
import type { SessionTable } from "./session-table.ts";
import type { KvOperation } from "./txn-operation.ts";

/** Why a step of a transaction can't be done. */
export class TxnRefusal extends Error {}

export interface TxnTables {
  kv: KvTable;
  sessions: SessionTable;
}

export interface TxnVerb {
  writes: boolean;
  /** Whether the entries it returns go out with their values. */
  tellsValue: boolean;
  /** @throws TxnRefusal, ConsulFailure */
  run: (operation: KvOperation, tables: TxnTables, index: number) => readonly KvEntry[];
}

/** https://developer.hashicorp.com/consul/api-docs/txn#kv-operations */
export const txnVerbs: ReadonlyMap<string, TxnVerb> = new Map(
  Object.entries({
    set: write((operation, { kv }, index) => {
      kv.set(written(operation), index);
      return now(kv, operation.Key);
    }),
    cas: write((operation, { kv }, index) => {
      const { Key, Index } = operation;
      if (!kv.setAt(written(operation), Number(Index), index)) {
        throw new TxnRefusal(`failed to set key ${quoted(Key)}, index is stale`);
      }
      return now(kv, Key);
    }),
    lock: write((operation, { kv, sessions }, index) => {
      const { Key, Session } = operation;
      if (!kv.lock(written(operation), sessions.mustBe(Session), index)) {
        throw new TxnRefusal(`failed to lock key ${quoted(Key)}, lock is already held`);
      }
      return now(kv, Key);
    }),
    unlock: write((operation, { kv }, index) => {
      const { Key, Session } = operation;
      if (Session === "") throw new TxnRefusal("missing session");
      if (!kv.unlock(written(operation), Session, index)) {
        throw new TxnRefusal(`failed to unlock key ${quoted(Key)}, lock isn't held, or is held by another session`);
      }
      return now(kv, Key);
    }),
    delete: write(({ Key }, { kv }, index) => {
      kv.delete(Key, index);
      return [];
    }),
    "delete-cas": write(({ Key, Index }, { kv }, index) => {
      if (!kv.deleteAt(Key, Number(Index), index)) {
        throw new TxnRefusal(`failed to delete key ${quoted(Key)}, index is stale`);
      }
      return [];
    }),
    "delete-tree": write(({ Key }, { kv }, index) => {
      kv.deleteTree(Key, index);
      return [];
    }),
    get: read(true, ({ Key }, { kv }) => {
      const found = now(kv, Key);
      if (found.length === 0) throw new TxnRefusal(`key ${quoted(Key)} doesn't exist`);
      return found;
    }),
    "get-tree": read(true, ({ Key }, { kv }) => kv.list(Key).found),
    "check-session": read(false, ({ Key, Session }, { kv }) => {
      const [entry] = now(kv, Key);
      if (!entry) throw new TxnRefusal(`failed to check session, key ${quoted(Key)} doesn't exist`);
      if (entry.session === Session) return [entry];
      const sessions = `current session ${quoted(entry.session)} != ${quoted(Session)}`;
      throw new TxnRefusal(`failed session check for key ${quoted(Key)}, ${sessions}`);
    }),
    "check-index": read(false, ({ Key, Index }, { kv }) => {
      const [entry] = now(kv, Key);
      if (!entry) throw new TxnRefusal(`failed to check index, key ${quoted(Key)} doesn't exist`);
      if (entry.modifyIndex === Number(Index)) return [entry];
      const indexes = `current modify index ${entry.modifyIndex} != ${Index}`;
      throw new TxnRefusal(`failed index check for key ${quoted(Key)}, ${indexes}`);
    }),
    "check-not-exists": read(false, ({ Key }, { kv }) => {
      if (now(kv, Key).length > 0) throw new TxnRefusal(`key ${quoted(Key)} exists`);
      return [];
    }),
  }),
);

function write(run: TxnVerb["run"]): TxnVerb {
  return { writes: true, tellsValue: false, run };
}

function read(tellsValue: boolean, run: TxnVerb["run"]): TxnVerb {
  return { writes: false, tellsValue, run };
}

function written({ Key, Value, Flags }: KvOperation): { key: string; value: Buffer; flags: bigint } {
  return { key: Key, value: Value, flags: Flags };
}

function now(kv: KvTable, key: string): KvEntry[] {
  const { found } = kv.get(key);
  return found ? [found] : [];
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
