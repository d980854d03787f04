import type { Summary } from "../../load/meter.ts";
import type { Sample, Samples } from "../../load/samples.ts";
import type { LaneState, Mark } from "./timeline.ts";

/** The two ways of the load, each with the kinds of its samples. */
export const ways = {
  http: ["GET", "POST"],
  mysql: ["query", "execute", "transaction", "borrow", "held"],
} as const;

export type Way = keyof typeof ways;

/** Until the failure, until every service was well again, and from then on. */
export type Phase = "before" | "during" | "after";

/** What a drill came to. Moments are in milliseconds since the load began. */
export interface Outcome {
  seed: number;
  /** When making the failure began and ended, when its cause was over, when every service was well again, when the load ended. */
  faultAt: number;
  madeAt: number;
  mendedAt: number | undefined;
  healthyAt: number | undefined;
  endedAt: number;
  load: Record<Way, Record<Phase | "all", Summary>>;
  failures: readonly Sample[];
  /** Credentials that Vault made, those of its first start left out; the most within a minute. */
  issued: { total: number; mostInAMinute: number; bound: number };
  /** Connections that MariaDB took; the most within a second. */
  connections: { opened: number; mostInASecond: number };
  left: { accounts: string[]; leases: string[] };
  /** Content of todos that are stored more than once: requests that were sent twice. */
  twice: string[];
  marks: readonly Mark[];
  states: readonly LaneState[];
  samples: Samples;
  /** What each todo logged. */
  logs: readonly { name: string; log: string }[];
}
