import type { PartHealth } from "./health.ts";

/** One part of a joined cluster: something with a health that can be waited for and closed. */
export interface Part {
  health(): PartHealth;
  /** Until it is fresh. @throws the signal's reason */
  ready(options: { signal: AbortSignal }): Promise<unknown>;
  /** Ends it and all that it holds at a server; any number of calls, never rejects. */
  close(): Promise<void>;
}
