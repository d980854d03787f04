import { type Clock, sleep } from "@minicluster/core";
import type { CheckStatus } from "./catalog-entry.ts";
import type { CheckSpec } from "./check-spec.ts";
import { probe, type Verdict } from "./probe.ts";

export interface CheckRunnerOptions {
  spec: CheckSpec;
  clock: Clock;
  /** At once, or after the agent's pause. */
  passed: () => Promise<void>;
  tell: (verdict: Verdict) => void;
  random?: (() => number) | undefined;
}

const defaultTimeoutMs = 10_000;

/** One check while its agent runs: asks every so often, or waits to be told, until {@link stop}. */
export class CheckRunner {
  readonly #options: CheckRunnerOptions;
  readonly #stopped = new AbortController();
  #cancelTtl: (() => void) | undefined;
  #lastOutput = "";
  #successes: number;
  #failures: number;

  constructor(options: CheckRunnerOptions) {
    this.#options = options;
    // The first verdict counts at once.
    this.#successes = options.spec.successBeforePassing;
    this.#failures = options.spec.failuresBeforeCritical;
  }

  start(): void {
    if (this.#options.spec.type === "ttl") this.#arm();
    else void this.#poll().catch(() => {});
  }

  stop(): void {
    this.#cancelTtl?.();
    this.#stopped.abort();
  }

  /** A TTL check is told how it is; returns the output as it is kept. */
  report(status: CheckStatus, output: string): string {
    const kept = cut(output, this.#options.spec.outputMaxSize);
    this.#options.tell({ status, output: kept });
    this.#lastOutput = kept;
    this.#arm();
    return kept;
  }

  #arm(): void {
    const { clock, spec, passed, tell } = this.#options;
    this.#cancelTtl?.();
    this.#cancelTtl = clock.after(spec.ttlNs / 1e6, () => {
      void passed().then(() => {
        if (this.#stopped.signal.aborted) return;
        const last = this.#lastOutput === "" ? "" : ` (last output before timeout follows): ${this.#lastOutput}`;
        tell({ status: "critical", output: `TTL expired${last}` });
      });
    });
  }

  /** The first time somewhere within the interval, so that the checks of a node don't come all at once. */
  async #poll(): Promise<void> {
    const { clock, spec, passed, random = Math.random } = this.#options;
    const { signal } = this.#stopped;
    const intervalMs = spec.intervalNs / 1e6;
    for (let pauseMs = random() * intervalMs; ; pauseMs = intervalMs) {
      await sleep(clock, pauseMs, { signal });
      await passed();
      const verdict = await this.#ask();
      await passed();
      signal.throwIfAborted();
      this.#count(verdict);
    }
  }

  async #ask(): Promise<Verdict> {
    const { clock, spec } = this.#options;
    const { signal } = this.#stopped;
    const asking = new AbortController();
    const end = (): void => asking.abort();
    signal.addEventListener("abort", end, { once: true });
    const cancel = clock.after(spec.timeoutNs > 0 ? spec.timeoutNs / 1e6 : defaultTimeoutMs, end);
    try {
      return await probe(spec, asking.signal);
    } finally {
      cancel();
      signal.removeEventListener("abort", end);
    }
  }

  #count(verdict: Verdict): void {
    const { spec, tell } = this.#options;
    const good = verdict.status !== "critical";
    this.#successes = good ? this.#successes + 1 : 0;
    this.#failures = good ? 0 : this.#failures + 1;
    const enough = good ? this.#successes >= spec.successBeforePassing : this.#failures >= spec.failuresBeforeCritical;
    if (enough) tell(verdict);
  }
}

function cut(output: string, most: number): string {
  const bytes = Buffer.from(output, "utf8");
  if (bytes.length <= most) return output;
  return `${bytes.subarray(0, most).toString("utf8")} ... (captured ${most} of ${bytes.length} bytes)`;
}
