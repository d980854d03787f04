import type { Address } from "./address.ts";
import type { MysqlError } from "./errors.ts";
import type { Generation } from "./generation.ts";

/** A generation as events name it. */
export interface GenerationFacts {
  generation: number;
  /** The credentials' id and user name. */
  credentials: string;
  username: string;
  address: Address;
  tls: string | undefined;
}

/** Events of a pool; also on the diagnostics channels `minicluster:mysql:NAME`. */
export interface PoolEvents {
  /** It serves from now on; `warm` connections are open already. */
  "generation.opened": GenerationFacts & { warm: number; previous: number | undefined };
  /** A newer one serves; `busy` borrowers finish, `deadlineMs` from now at the latest. */
  "generation.retired": GenerationFacts & { busy: number; deadlineMs: number };
  /** It has no connection left; `cut` of them were destroyed at the deadline. */
  "generation.drained": GenerationFacts & { cut: number };
  /** Opening the next one failed; the one that serves goes on. */
  "generation.failed": GenerationFacts & { error: MysqlError; attempt: number; delayMs: number };
  /** MySQL refused a connect, or denied a right, and new credentials are asked for. */
  "credentials.rejected": GenerationFacts & { reason: string };
  /** Given back to their source, to be revoked. */
  "credentials.released": { credentials: string; username: string };
  /** A right that the account has never had: the caller gets MySQL's error, and nothing is rotated for it any more. */
  "grant.missing": GenerationFacts & { reason: string };
  /** A statement was denied unexecuted and runs once more. */
  "statement.replayed": GenerationFacts & { reason: string };
  /** It still serves (`degraded`), or can't (`critical`). */
  degraded: { status: "degraded" | "critical"; reason: string };
  restored: { status: "passing" };
}

export function factsOf({ id, key }: Generation): GenerationFacts {
  const { credentials, address, tls } = key;
  return { generation: id, credentials: credentials.id, username: credentials.username, address, tls: tls?.id };
}
