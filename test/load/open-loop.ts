import { promisify } from "node:util";
import { sleep, systemClock } from "@minicluster/core";
import type { Meter } from "./meter.ts";

const turn = promisify(setImmediate);

export interface OpenLoopOptions {
  meter: Meter;
  /** Calls a second, sent whether or not earlier ones were answered. */
  rate: number;
  /** The load's end; calls under way are waited for. */
  signal: AbortSignal;
  call: (number: number) => Promise<unknown>;
  kind: (number: number) => string;
}

/** Sends calls at a steady rate until the signal is aborted, then waits for those under way. */
export async function openLoop({ meter, rate, signal, call, kind }: OpenLoopOptions): Promise<void> {
  const started = meter.now();
  const underWay = new Set<Promise<void>>();
  for (let number = 0; !signal.aborted; number += 1) {
    const due = started + (number * 1_000) / rate;
    const wait = due - meter.now();
    if (wait > 1) await sleep(systemClock, wait, { signal }).catch(() => {});
    // Late calls are caught up on, but never without a turn for the answers: else it would stay behind for ever.
    else await turn();
    if (signal.aborted) break;
    const measured = meter.measure(due, kind(number), () => call(number)).finally(() => underWay.delete(measured));
    underWay.add(measured);
  }
  await Promise.all(underWay);
}
