import type { VaultNode } from "./vault-node.ts";

/** A folder of the storage; names are readable, values are not: they are encrypted before they come here. */
export interface Folder {
  readonly values: Map<string, Buffer>;
  readonly folders: Map<string, Folder>;
}

/** Who leads, and until when nobody else may. */
export interface LeaderLock {
  readonly node: VaultNode;
  /** Monotonic time at which it is free when its holder does not renew it. */
  untilMs: number;
}

/** How the unseal key is split; the one thing that is readable before an unseal. */
export interface SealConfiguration {
  readonly shares: number;
  readonly threshold: number;
}

/**
 * What stands for the disk under embedded Vaults: nodes that are started with the same one are a cluster. In memory only.
 *
 * @example
 * const storage = embeddedVaultStorage();
 * await using first = await startEmbeddedVault({ storage, name: "vault1" });
 */
export interface EmbeddedVaultStorage {
  readonly root: Folder;
  /** Undefined before the initialisation. */
  seal: SealConfiguration | undefined;
  lock: LeaderLock | undefined;
  /** Nodes that wait to lead are called when the lock is released. */
  readonly waiting: Set<() => void>;
}

export function embeddedVaultStorage(): EmbeddedVaultStorage {
  return { root: emptyFolder(), seal: undefined, lock: undefined, waiting: new Set() };
}

export function emptyFolder(): Folder {
  return { values: new Map(), folders: new Map() };
}
