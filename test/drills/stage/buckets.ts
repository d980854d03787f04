import type { Sample } from "../../load/samples.ts";

/** What a load saw in one step of time. */
export interface Bucket {
  /** Milliseconds since the load began. */
  at: number;
  calls: number;
  failed: number;
  p99Ms: number;
}

const shortestMs = 250;
const mostBuckets = 480;

/** How long a step is: a quarter of a second, or longer for a long drill. */
export function stepMsOf(endedAt: number): number {
  return shortestMs * Math.max(1, Math.ceil(endedAt / shortestMs / mostBuckets));
}

/** The samples of these kinds in steps, by when they were due. */
export function bucketsOf(samples: Iterable<Sample>, kinds: readonly string[], stepMs: number): Bucket[] {
  const steps = new Map<number, { took: number[]; failed: number }>();
  for (const { kind, at, tookMs, failure } of samples) {
    if (!kinds.includes(kind)) continue;
    const step = Math.floor(at / stepMs);
    const of = steps.get(step) ?? { took: [], failed: 0 };
    of.took.push(tookMs);
    if (failure) of.failed += 1;
    steps.set(step, of);
  }
  return [...steps].sort(([a], [b]) => a - b).map(([step, of]) => bucketOf(step * stepMs, of));
}

function bucketOf(at: number, { took, failed }: { took: number[]; failed: number }): Bucket {
  const times = took.sort((a, b) => a - b);
  const p99 = times[Math.min(times.length - 1, Math.floor(times.length * 0.99))] ?? 0;
  return { at, calls: times.length, failed, p99Ms: Math.round(p99 * 10) / 10 };
}
