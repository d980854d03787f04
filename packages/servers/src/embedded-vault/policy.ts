/** What a policy can allow on a path (Vault's manual, "Policies"). */
export const capabilities = ["create", "read", "update", "delete", "list", "sudo", "deny", "patch"] as const;
export type Capability = (typeof capabilities)[number];

/** One `path` stanza. */
export interface PathRule {
  /** Without its leading slash, and without the `*` of a prefix. */
  readonly path: string;
  readonly isPrefix: boolean;
  readonly hasSegmentWildcards: boolean;
  readonly capabilities: ReadonlySet<Capability>;
  readonly allowedParameters: Parameters;
  readonly deniedParameters: Parameters;
  readonly requiredParameters: readonly string[];
  /** 0: none. */
  readonly minWrappingTtlMs: number;
  readonly maxWrappingTtlMs: number;
}

/** Values by parameter, in lower case; no values: any. */
export type Parameters = ReadonlyMap<string, readonly unknown[]>;

export interface Policy {
  readonly name: string;
  /** The text as it was written. */
  readonly text: string;
  readonly rules: readonly PathRule[];
}
