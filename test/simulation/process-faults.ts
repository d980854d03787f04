import type { Fault } from "./fault.ts";

/** What goes wrong with the process, its clocks, and who tells it where everything is. */
export const processFaults = {
  "the process is stopped": {
    holds: "process",
    lasts: [1, 3_600],
    weight: 4,
    begin: async ({ process }) => {
      process.sleep("stopped");
      return async () => process.wake();
    },
  },
  "the machine sleeps": {
    holds: "process",
    lasts: [10, 8 * 3_600],
    weight: 3,
    begin: async ({ process }) => {
      process.sleep("suspended");
      return async () => process.wake();
    },
  },
  "the wall clock is an hour ahead": {
    holds: "wall",
    lasts: [60, 7_200],
    weight: 2,
    begin: async ({ process }) => {
      process.setWall(3_600_000);
      return async () => process.setWall(0);
    },
  },
  "the wall clock is an hour behind": {
    holds: "wall",
    lasts: [60, 7_200],
    weight: 2,
    begin: async ({ process }) => {
      process.setWall(-3_600_000);
      return async () => process.setWall(0);
    },
  },
  "Consul is away": {
    holds: "catalog",
    lasts: [5, 3_600],
    weight: 2,
    begin: async ({ catalog }) => {
      catalog.away();
      return async () => catalog.back();
    },
  },
} as const satisfies Record<string, Fault>;
