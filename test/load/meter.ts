import { type Sample, Samples } from "./samples.ts";

export interface Summary {
  calls: number;
  failed: number;
  failures: Record<string, number>;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** Collects what a load saw. */
export class Meter {
  readonly #epoch = performance.now();
  readonly samples: Samples = new Samples();

  now(): number {
    return performance.now() - this.#epoch;
  }

  /** Runs one call of a kind that was due at `at`, and keeps what came of it. Never rejects. */
  async measure(at: number, kind: string, call: () => Promise<unknown>): Promise<void> {
    // A call may be sent a little early; it is not answered before it was sent.
    const since = Math.min(at, this.now());
    let failure: string | undefined;
    try {
      await call();
    } catch (error) {
      failure = nameOf(error);
    }
    this.samples.add({ kind, at, tookMs: this.now() - since, failure });
  }

  /** What came of the calls that were due between two moments, of these kinds; of all of them by default. */
  summary(from = 0, to: number = Number.POSITIVE_INFINITY, kinds?: readonly string[]): Summary {
    const took: number[] = [];
    const failures: Record<string, number> = {};
    let failed = 0;
    for (const { at, kind, tookMs, failure } of this.samples) {
      if (at < from || at >= to || (kinds && !kinds.includes(kind))) continue;
      took.push(tookMs);
      if (!failure) continue;
      failed += 1;
      failures[failure] = (failures[failure] ?? 0) + 1;
    }
    const times = Float32Array.from(took).sort();
    const of = (share: number): number =>
      round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
    return { calls: times.length, failed, failures, p50Ms: of(0.5), p99Ms: of(0.99), maxMs: of(1) };
  }

  /** The calls that failed, with when they were due. */
  get failures(): readonly Sample[] {
    return this.samples.failed;
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, errno } = error as Error & { code?: unknown; errno?: unknown };
  // What `fetch` throws says why in its cause.
  const cause = error.cause as { code?: unknown } | undefined;
  return [error.name, code ?? errno ?? cause?.code, error.message.slice(0, 160)]
    .filter((part) => part !== undefined)
    .join(" ");
}
