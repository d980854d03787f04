import type { Deadline, Grant, Secret } from "@minicluster/core";
import type { TokenHold } from "./token-hold.ts";

/** An account at a database. */
export interface Credentials {
  /** The lease's id; for a static role a digest. Printable. */
  readonly id: string;
  readonly username: string;
  readonly password: Secret;
}

/** Credentials with what keeps them alive. */
export interface Lease {
  readonly credentials: Credentials;
  /** The token it was made under: it dies with it. Undefined for a static role. */
  readonly hold: TokenHold | undefined;
  /** On the monotonic clock. */
  readonly issuedAtMs: number;
}

/** A lease that has been given out and not yet been released. */
export interface OpenLease {
  readonly lease: Lease;
  deadline: Deadline;
}

/** Where leases come from: a dynamic role, or a static one. */
export interface LeaseIssuer {
  issue(context: { previous: Lease | undefined; rejected: boolean; signal: AbortSignal }): Promise<Grant<Lease>>;
  renew?(context: { held: Lease; askedMs: number; signal: AbortSignal }): Promise<Grant<Lease>>;
}

/** The earlier end of the lease and of its token, in milliseconds from now. */
export function remainingMs(open: OpenLease): number {
  return Math.min(open.deadline.remainingMs, open.lease.hold?.deadline.remainingMs ?? Number.POSITIVE_INFINITY);
}
