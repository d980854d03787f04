import type { Clock } from "@minicluster/core";
import type { DoctorSettings } from "./doctor-settings.ts";
import type { Findings } from "./finding.ts";

/** What each part of `doctor` works with. */
export interface Examination {
  settings: DoctorSettings;
  findings: Findings;
  clock: Clock;
  /** Each question. */
  timeoutMs: number;
  signal: AbortSignal | undefined;
}
