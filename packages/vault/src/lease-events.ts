import type { Credentials } from "./lease.ts";

/** What happens to the credentials of one path. Channels: `minicluster:vault:NAME`. */
export interface LeaseEvents {
  /** Longer life, same account. */
  "lease.renewed": { path: string; id: string; lifeMs: number };
  /** Another account; `previous` is undefined for the first. Reasons: first, due, short, refused, token, or the caller's. */
  "lease.rotated": { path: string; current: Credentials; previous: Credentials | undefined; reason: string };
  /** The lease ended and nothing has replaced it yet. */
  "lease.expired": { path: string; id: string };
  /** A released lease was revoked, and its account dropped. */
  "lease.revoked": { path: string; id: string };
  /** A renewal or a rotation failed; the next try comes after `delayMs`. */
  "lease.failed": { path: string; step: "renew" | "rotate"; error: unknown; attempt: number; delayMs: number };
  /** Said once: Vault does not let us revoke leases; `policy` is the line that is missing. */
  "lease.revoke.denied": { path: string; policy: string };
}
