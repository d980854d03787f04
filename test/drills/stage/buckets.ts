import type { Sample } from "../../load/samples.ts";

/** What a load saw in a quarter of a second. */
export interface Bucket {
  /** Milliseconds since the load began. */
  at: number;
  calls: number;
  failed: number;
  p99Ms: number;
}

export const bucketMs = 250;

/** The samples of these kinds in steps of a quarter of a second, by when they were due. */
export function bucketsOf(samples: Iterable<Sample>, kinds: readonly string[]): Bucket[] {
  const steps = new Map<number, Sample[]>();
  for (const sample of samples) {
    if (!kinds.includes(sample.kind)) continue;
    const step = Math.floor(sample.at / bucketMs);
    const of = steps.get(step) ?? [];
    of.push(sample);
    steps.set(step, of);
  }
  return [...steps].sort(([a], [b]) => a - b).map(([step, of]) => bucketOf(step * bucketMs, of));
}

function bucketOf(at: number, samples: readonly Sample[]): Bucket {
  const times = samples.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const p99 = times[Math.min(times.length - 1, Math.floor(times.length * 0.99))] ?? 0;
  const failed = samples.filter(({ failure }) => failure).length;
  return { at, calls: samples.length, failed, p99Ms: Math.round(p99 * 10) / 10 };
}
