import { type Clock, sleep } from "@minicluster/core";

/** Sleeps that one ring ends early, all together. */
export class Bell {
  #ringing = new AbortController();

  ring(): void {
    const ringing = this.#ringing;
    this.#ringing = new AbortController();
    ringing.abort();
  }

  /** Ends after `ms`, or at the next ring. @throws the signal's reason when aborted */
  async wait(clock: Clock, ms: number, options: { signal: AbortSignal }): Promise<void> {
    const rung = this.#ringing.signal;
    try {
      await sleep(clock, ms, { signal: AbortSignal.any([rung, options.signal]) });
    } catch (error) {
      if (options.signal.aborted || !rung.aborted) throw error;
    }
  }
}
