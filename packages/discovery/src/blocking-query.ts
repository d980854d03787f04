import { backoffDelay, type Clock, kindOf } from "@minicluster/core";
import type { Bell } from "./bell.ts";

export interface BlockingQueryOptions<T> {
  clock: Clock;
  random: () => number;
  signal: AbortSignal;
  /** Ends a backoff early. */
  back: Bell;
  /** `index` is undefined for an answer at once, else the one to wait beyond. */
  read: (index: bigint | undefined) => Promise<{ index: bigint | undefined; value: T }>;
  /** False: plain polling, which holds no connection of the agent. Asked before each poll. */
  blocking: () => boolean;
  /** `restarted`: the index went backwards, so the server lost its memory. Returns whether anything changed. */
  found: (value: T, context: { restarted: boolean }) => boolean;
  failed: (error: unknown) => void;
}

/** Between the starts of two polls, when the first came back sooner; doubled while nothing changes. */
const floorMs = 20;
const floorCapMs = 500;
/** Between polls that can't block: the answer had no index, or too many block already. */
const pollingMs = 1_000;
/** Between tries while the agent is away, so that its return is noticed within a second; while it refuses us. */
const awayCapMs = 800;
const refusedCapMs = 2_000;

/**
 * The one loop of blocking queries. An index that goes backwards is dropped, any error restarts from no index (the agent
 * may have restarted, and waiting on an old index would be blind), and nothing but the signal ends it.
 *
 * @see https://developer.hashicorp.com/consul/api-docs/features/blocking
 */
export async function blockingQuery<T>(options: BlockingQueryOptions<T>): Promise<void> {
  const { clock, random, signal, back } = options;
  let index: bigint | undefined;
  let failures = 0;
  let idle = 0;
  while (!signal.aborted) {
    const began = clock.monotonic();
    let pauseMs: number;
    try {
      const blocking = options.blocking();
      const answer = await options.read(blocking ? index : undefined);
      if (signal.aborted) return;
      const restarted = index !== undefined && answer.index !== undefined && answer.index < index;
      index = restarted ? undefined : answer.index;
      failures = 0;
      idle = options.found(answer.value, { restarted }) ? 0 : idle + 1;
      const elapsedMs = clock.monotonic() - began;
      const steady = blocking && (index !== undefined || restarted);
      const atLeastMs = steady ? Math.min(floorCapMs, floorMs * 2 ** Math.min(idle, 10)) : pollingMs;
      if (elapsedMs >= atLeastMs) idle = 0;
      pauseMs = elapsedMs >= atLeastMs ? 0 : (atLeastMs - elapsedMs) * (1 + random() / 4);
    } catch (error) {
      if (signal.aborted) return;
      index = undefined;
      failures += 1;
      options.failed(error);
      const capMs = kindOf(error) === "unreachable" ? awayCapMs : refusedCapMs;
      pauseMs = backoffDelay({ attempt: failures, random: random(), capMs });
    }
    try {
      if (pauseMs > 0) await back.wait(clock, pauseMs, { signal });
    } catch {
      return;
    }
  }
}
