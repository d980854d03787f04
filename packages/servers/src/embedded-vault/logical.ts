import type { LeaseGrant, LoginGrant, Operation } from "./engine.ts";

/** A request that has reached the logic behind HTTP. */
export interface LogicalRequest {
  /** The `request_id` of its answer. */
  readonly id: string;
  operation: Operation;
  /** Below `/v1/`; ends with a slash for a list. */
  readonly path: string;
  /** The body of a write, the query of a read. */
  data: Readonly<Record<string, unknown>>;
  /** "" where none came. */
  readonly token: string;
  /** 0: not to be wrapped. */
  readonly wrapTtlMs: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

export interface AnswerAuth {
  client_token: string;
  accessor: string;
  policies: readonly string[];
  token_policies: readonly string[];
  metadata: Readonly<Record<string, string>> | null;
  lease_duration: number;
  renewable: boolean;
  entity_id: string;
  token_type: string;
  orphan: boolean;
  mfa_requirement: null;
  num_uses: number;
}

export interface AnswerWrapInfo {
  token: string;
  accessor: string;
  ttl: number;
  creation_time: string;
  creation_path: string;
  wrapped_accessor?: string | undefined;
}

/** What comes back: the parts of Vault's usual answer. */
export interface LogicalAnswer {
  /** Default: 200 with a body, 204 without. */
  status?: number | undefined;
  data?: Readonly<Record<string, unknown>> | undefined;
  leaseId?: string | undefined;
  renewable?: boolean | undefined;
  leaseSeconds?: number | undefined;
  auth?: AnswerAuth | undefined;
  wrapInfo?: AnswerWrapInfo | undefined;
  warnings?: readonly string[] | undefined;
  /** Asked for by an engine, before the stores have made it. */
  lease?: LeaseGrant | undefined;
  login?: LoginGrant | undefined;
  /** In place of all of it, as it was stored (unwrap). */
  raw?: unknown;
  /** The members of `data` stand at the top as well (old parts of `sys`). */
  spread?: boolean | undefined;
}
