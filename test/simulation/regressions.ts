import type { Schedule } from "./schedule.ts";

const longLives = { ttl: 28_800, max: 28_800 };

/** Schedules that broke a promise once, as small as they could be made. */
export const regressions: readonly { what: string; schedule: Schedule }[] = [
  {
    what: "MySQL moves while the account is locked, and only old connections work",
    schedule: {
      seed: 3,
      days: 0.15,
      settings: { engine: "mysql", lease: longLives, token: longLives, staticPeriod: 86_400 },
      incidents: [
        { what: "an account is locked", at: 6_000, length: 0, dice: 0 },
        { what: "MySQL moves as planned", at: 6_010, length: 0, dice: 0 },
      ],
    },
  },
];
