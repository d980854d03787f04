import { ConsulFailure } from "./failure.ts";
import { wireEntry } from "./kv-entry.ts";
import type { KvOperation } from "./txn-operation.ts";
import { TxnRefusal, type TxnTables, txnVerbs } from "./txn-verbs.ts";

/** As Consul's JSON has it. */
export interface TxnOutcome {
  Results: { KV: Record<string, unknown> }[] | null;
  Errors: { OpIndex: number; What: string }[] | null;
}

/** Whether it would change something; if not, it is a read and needs no index. */
export function writes(operations: readonly KvOperation[]): boolean {
  return operations.some(({ Verb }) => txnVerbs.get(Verb)?.writes);
}

/** Does all of it, or nothing and says why not: what can be told beforehand, else all that went wrong on the way. */
export function runTxn(operations: readonly KvOperation[], tables: TxnTables, index: number): TxnOutcome {
  const errors = collect(operations, (operation) => check(operation, tables));
  if (errors.length > 0) return { Results: null, Errors: errors };
  const results: { KV: Record<string, unknown> }[] = [];
  tables.kv.atomically(() => {
    errors.push(
      ...collect(operations, (operation) => {
        const verb = txnVerbs.get(operation.Verb);
        if (!verb) throw new TxnRefusal(`unknown KV verb ${JSON.stringify(operation.Verb)}`);
        for (const entry of verb.run(operation, tables, index)) results.push({ KV: wireEntry(entry, verb.tellsValue) });
      }),
    );
    return errors.length === 0;
  });
  return errors.length > 0 ? { Results: null, Errors: errors } : { Results: results, Errors: null };
}

function check({ Verb, Key }: KvOperation, { sessions }: TxnTables): void {
  if (Key === "" && Verb !== "delete-tree") throw new TxnRefusal("Must provide key");
  if (Verb === "lock" && sessions.delays(Key)) {
    throw new TxnRefusal(`failed to lock key ${JSON.stringify(Key)} due to lock delay`);
  }
}

function collect(
  operations: readonly KvOperation[],
  step: (operation: KvOperation) => void,
): { OpIndex: number; What: string }[] {
  return operations.flatMap((operation, OpIndex) => {
    try {
      step(operation);
      return [];
    } catch (error) {
      if (!(error instanceof TxnRefusal || error instanceof ConsulFailure)) throw error;
      return [{ OpIndex, What: error.message }];
    }
  });
}
