/** Pure arithmetic on what *remains* of a life. All times are milliseconds; `random` is a number in [0, 1). */

/** Nothing is scheduled sooner than this after something else. */
const floorMs = 50;

/** What was granted no life to speak of, or came when it was over, is not asked for more often than this. */
const lifelessMs = 1_000;

/** How long to wait before the first try to renew: 2/3 of what remains, up to a tenth of it earlier by jitter. */
export function renewDelay(remainingMs: number, random: number): number {
  const delayMs = (remainingMs * 2 * (1 - 0.15 * random)) / 3;
  return delayMs < floorMs ? lifelessMs : delayMs;
}

/** How long one backoff may be, by what remains of the held value: the nearer the end, the sooner the next try. */
const backoffCaps = [
  { remainingMs: 300_000, capMs: 30_000 },
  { remainingMs: 30_000, capMs: 5_000 },
  { remainingMs: Number.NEGATIVE_INFINITY, capMs: 1_000 },
] as const;

/** How long to wait after a try failed: a backoff, never more than a quarter of what remains. */
export function retryDelay(remainingMs: number, attempt: number, random: number): number {
  const capMs = backoffCaps.find((row) => remainingMs >= row.remainingMs)?.capMs ?? 1_000;
  const backoff = backoffDelay({ attempt, random, capMs });
  return remainingMs > 0 ? Math.max(floorMs, Math.min(backoff, remainingMs / 4)) : backoff;
}

/** Below this share of a life, a renewal that keeps failing turns into a rotation. */
const rotateShare = 0.2;

/** Whether so little of a life is left that a new secret is asked for instead of a longer life. */
export function pastRenewing(remainingMs: number, lifeMs: number): boolean {
  return remainingMs <= lifeMs * rotateShare;
}

export interface BackoffOptions {
  /** 1 for the wait after the first failure. */
  attempt: number;
  random: number;
  /** Default 100. */
  baseMs?: number;
  /** Default 30,000. */
  capMs?: number;
}

/** Exponential backoff with full jitter: between the floor and min(cap, base x 2^(attempt-1)). It never gives up. */
export function backoffDelay(options: BackoffOptions): number {
  const { attempt, random, baseMs = 100, capMs = 30_000 } = options;
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.max(Math.min(floorMs, ceiling), ceiling * random);
}
