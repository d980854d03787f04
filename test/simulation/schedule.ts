import fc from "fast-check";
import { type FaultName, faults } from "./faults.ts";
import { possibleLives, type Settings } from "./settings.ts";

/** Something goes wrong. */
export interface Incident {
  what: FaultName;
  /** Seconds from the start. */
  at: number;
  /** In [0, 1): how long it lasts, within what is usual. */
  length: number;
  /** In [0, 1): which of several. */
  dice: number;
}

/** All that makes a simulation what it is: the same schedule, the same run. */
export interface Schedule {
  seed: number;
  days: number;
  settings: Settings;
  incidents: readonly Incident[];
}

const day = 86_400;
/** How much goes wrong in a day. */
const [fewest, most] = [4, 24];

/** Schedules of so many days; they shrink to fewer incidents. */
export function schedules(days: number): fc.Arbitrary<Schedule> {
  const names = Object.entries(faults).map(([name, { weight }]) => ({
    weight,
    arbitrary: fc.constant(name as FaultName),
  }));
  const share = fc.integer({ min: 0, max: 999 }).map((thousandths) => thousandths / 1_000);
  const incident: fc.Arbitrary<Incident> = fc.record({
    what: fc.oneof(...names),
    at: fc.integer({ min: 0, max: Math.floor(days * day) }),
    length: share,
    dice: share,
  });
  return fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    days: fc.constant(days),
    settings: fc.record({
      engine: fc.constantFrom("mysql", "database"),
      lease: fc.constantFrom(...possibleLives),
      token: fc.constantFrom(...possibleLives),
      staticPeriod: fc.constantFrom(600, 3_600, day),
    }),
    incidents: fc.array(incident, {
      minLength: Math.ceil(days * fewest),
      maxLength: Math.ceil(days * most),
      size: "max",
    }),
  });
}
