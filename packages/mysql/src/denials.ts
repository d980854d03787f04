import type { Clock } from "@minicluster/core";
import { denialKey } from "./faults.ts";

/** How seldom a denial alone may cost new credentials. */
const rotateEveryMs = 3_600_000;
/** How long a right is taken for never granted before a new connection is worth a look again. */
const memoryMs = 60_000;
/** Denied on as many newer connections, a right counts as never granted. */
const enough = 3;
/** More different denials than this are not told apart. */
const most = 500;

/**
 * Tells a revoked account from a right that was never granted.
 *
 * - `rotate`: the account may have lost its grants; new credentials are worth it, once an hour.
 * - `fresh`: a new connection finds out: it is refused when the account is gone, which forces a rotation for certain.
 * - `missing`: new connections are denied the same: no rotation can help. Believed for a minute.
 */
export type Verdict = "rotate" | "fresh" | "missing";

interface Seen {
  at: number;
  again: number;
  missingUntil: number;
}

export class Denials {
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();
  #rotateAgainAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param openedAt when (monotonic) the denying connection was opened; @param repeated the statement was denied before */
  judge(error: unknown, openedAt: number, repeated: boolean): Verdict {
    const now = this.#clock.monotonic();
    const seen = this.#remember(denialKey(error), now);
    if (now < seen.missingUntil) return "missing";
    const newer = openedAt > seen.at;
    if (newer) seen.again += 1;
    if (newer && (repeated || seen.again >= enough)) {
      seen.missingUntil = now + memoryMs;
      return "missing";
    }
    if (now < this.#rotateAgainAt) return "fresh";
    this.#rotateAgainAt = now + rotateEveryMs;
    return "rotate";
  }

  /** The denied statement ran: the right was there, the account was not. */
  healed(error: unknown): void {
    this.#seen.delete(denialKey(error));
  }

  #remember(key: string, now: number): Seen {
    const known = this.#seen.get(key);
    if (known && (now < known.missingUntil || now - known.at < memoryMs)) return known;
    if (this.#seen.size >= most) this.#seen.clear();
    const seen = { at: now, again: 0, missingUntil: 0 };
    this.#seen.set(key, seen);
    return seen;
  }
}
