import type { Schedule } from "./schedule.ts";

/** Schedules that broke a promise once, as small as they could be made. */
export const regressions: readonly { what: string; schedule: Schedule }[] = [];
