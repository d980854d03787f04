import type { Clock } from "@minicluster/core";
import { denialKey } from "./faults.ts";

/** How long a right is taken for never granted, and how seldom a denial alone may cost new credentials. */
const memoryMs = 3_600_000;
/** More different denials than this are not told apart. */
const most = 500;

/**
 * Tells a revoked account from a right that was never granted.
 *
 * - `rotate`: a right is denied for the first time: the account may have lost its grants; new credentials are worth it,
 *   once an hour.
 * - `fresh`: that was tried already; a new connection finds out whether the account still exists.
 * - `missing`: a connection that was opened after the first denial is denied the same: no rotation can help.
 */
export type Verdict = "rotate" | "fresh" | "missing";

export class Denials {
  readonly #clock: Clock;
  /** When (monotonic) each was first seen; once missing, until when it counts as that. */
  readonly #seen = new Map<string, { at: number; missingUntil: number }>();
  #rotateAgainAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  judge(error: unknown, openedAt: number): Verdict {
    const now = this.#clock.monotonic();
    const key = denialKey(error);
    const seen = this.#seen.get(key);
    if (seen && now < seen.missingUntil) return "missing";
    if (seen && openedAt > seen.at && now - seen.at < memoryMs) {
      seen.missingUntil = now + memoryMs;
      return "missing";
    }
    if (this.#seen.size >= most) this.#seen.clear();
    if (!seen || now - seen.at >= memoryMs) this.#seen.set(key, { at: now, missingUntil: 0 });
    if (now < this.#rotateAgainAt) return "fresh";
    this.#rotateAgainAt = now + memoryMs;
    return "rotate";
  }
}
