import { sleep, systemClock } from "@minicluster/core";

/** Asks again until the answer is not undefined. @throws at the deadline, naming what was waited for */
export async function eventually<T>(what: string, withinMs: number, ask: () => Promise<T | undefined>): Promise<T> {
  const started = performance.now();
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() - started > withinMs)
      throw new Error(`${what}: not within ${withinMs} ms; last: ${last}`, { cause: last });
    await sleep(systemClock, 50);
  }
}
