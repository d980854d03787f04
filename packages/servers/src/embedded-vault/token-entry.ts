/** A token as it is stored. */
export interface TokenEntry {
  readonly id: string;
  readonly accessor: string;
  /** The token that made it; "": an orphan. */
  parent: string;
  readonly policies: readonly string[];
  /** The path that made it: `auth/token/create`. */
  readonly path: string;
  readonly meta: Readonly<Record<string, string>> | null;
  readonly displayName: string;
  /** 0: any number. Negative: its last use is under way. */
  numUses: number;
  readonly createdMs: number;
  /** 0: it does not end. */
  readonly ttlMs: number;
  readonly explicitMaxTtlMs: number;
  readonly periodMs: number;
  readonly boundCidrs?: readonly string[] | undefined;
}
