import type { Schedule } from "./schedule.ts";

const longLives = { ttl: 28_800, max: 28_800 };
const hourLives = { ttl: 3_600, max: 86_400 };

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
  {
    what: "both clocks hide the end of a token: the wall clock is set back while the machine sleeps",
    schedule: {
      seed: 0,
      days: 0.15,
      settings: { engine: "mysql", lease: hourLives, token: hourLives, staticPeriod: 600 },
      incidents: [
        { what: "the wall clock is an hour ahead", at: 0, length: 0, dice: 0 },
        { what: "the leases of the service are revoked", at: 0, length: 0, dice: 0 },
        { what: "something between spoils what Vault says", at: 0, length: 0, dice: 0 },
        { what: "sessions are killed", at: 0, length: 0, dice: 0 },
        { what: "the machine sleeps", at: 0, length: 0.603, dice: 0 },
      ],
    },
  },
  {
    what: "MySQL dies while the process is stopped, and a call is made as soon as it wakes",
    schedule: {
      seed: 2_147_483_641,
      days: 0.07,
      settings: {
        engine: "database",
        lease: { ttl: 3_600, max: 14_400 },
        token: { ttl: 900, max: 7_200 },
        staticPeriod: 600,
      },
      incidents: [
        { what: "the process is stopped", at: 2_184, length: 0.99, dice: 0 },
        { what: "MySQL is killed", at: 3_250, length: 0.08, dice: 0 },
      ],
    },
  },
  {
    what: "MySQL freezes as a token ends: what was asked for in a minute is made when it thaws",
    schedule: {
      seed: 163_289_042,
      days: 0.14,
      settings: { engine: "database", lease: { ttl: 900, max: 7_200 }, token: longLives, staticPeriod: 600 },
      incidents: [
        { what: "the lives of tokens are changed", at: 15, length: 0, dice: 0.992 },
        { what: "something between spoils what Vault says", at: 7_850, length: 0.488, dice: 0.001 },
        { what: "MySQL freezes", at: 11_058, length: 0.817, dice: 0 },
      ],
    },
  },
];
