import type { VaultClient } from "@minicluster/vault";
import type { Entry } from "./secrets-engine.ts";
import type { Steps } from "./step.ts";
import { readData, write } from "./vault-call.ts";

/** Writes an entry that isn't there or differs. */
export async function put(place: PutOptions): Promise<void> {
  const { vault, entry, steps, signal } = place;
  const call = { vault, signal, path: entry.path };
  const data = await readData({ ...call, doing: `reading ${entry.step}` });
  const right = data !== undefined && entry.matches(data);
  if (!right) await write({ ...call, doing: `writing ${entry.step}`, body: entry.body });
  steps.add(entry.step, !data ? "created" : right ? "unchanged" : "updated");
}

export interface PutOptions {
  vault: VaultClient;
  entry: Entry;
  steps: Steps;
  signal: AbortSignal | undefined;
}
