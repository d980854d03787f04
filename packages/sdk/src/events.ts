import type { HealthChange } from "./health-watch.ts";

/** Events of a cluster; also on the diagnostics channels `minicluster:sdk:NAME`. Ids are lease ids, never secrets. */
export interface ClusterEvents {
  /** A status changed, of the whole or of a part. */
  health: HealthChange;
  /** Longer life, same account. */
  "credentials.renewed": { path: string; id: string; lifeMs: number };
  /** Another account. Reasons: first, due, short, refused, token, or MySQL's error. */
  "credentials.rotated": { path: string; id: string; previous: string | undefined; reason: string };
  /** The lease ended and nothing has replaced it yet; MySQL may go on accepting it. */
  "credentials.expired": { path: string; id: string };
  "credentials.revoked": { path: string; id: string };
  /** Vault is asked at another node from now on. */
  "vault.leader": { address: string; previous: string | undefined };
  /** A login made a new token. */
  "vault.token": { accessor: string; previous: string | undefined; reason: string };
  /** MySQL is used at another address from now on. */
  "mysql.address": { service: string; host: string; port: number };
  /** Something an operator should mend: what, and how. Said once. */
  warning: { message: string };
  /** The cluster was left: nothing of this service remains in it. */
  left: { tookMs: number };
}
