/** What happens to the token and the nodes. Channels: `minicluster:vault:NAME`. */
export interface VaultEvents {
  /** Requests go to another node from now on. */
  "leader.changed": { address: string; previous: string | undefined };
  /** The token lives longer. */
  "token.renewed": { accessor: string; lifeMs: number };
  /** A new token; `previous` is undefined after the first login. Reasons: first, due, short, refused, denied. */
  "token.rotated": { accessor: string; previous: string | undefined; lifeMs: number; reason: string };
  /** The token's life ended and no login has worked since. */
  "token.expired": { accessor: string };
  /** A superseded token, or the last one at close, was revoked. */
  "token.revoked": { accessor: string };
  /** A renewal or a login failed; the next try comes after `delayMs`. */
  "token.failed": { step: "renew" | "rotate"; error: unknown; attempt: number; delayMs: number };
}
