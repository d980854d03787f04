import fc from "fast-check";
import { expect, it } from "vitest";
import { regressions } from "./regressions.ts";
import { schedules } from "./schedule.ts";
import { type Report, simulate } from "./simulation.ts";
import { figures } from "./tally.ts";

const asked = process.env["MINICLUSTER_SIMULATED_DAYS"];
const days = Number(asked || 3);
/** What a change breaks is found by the same days each time; what nobody thought of by others, in a run that is asked for. */
const seed = Number(process.env["MINICLUSTER_SEED"] || (asked ? Date.now() % 2 ** 31 : 1));
/** Long enough to see what grows, short enough to be repeated when it is made smaller. */
const daysEach = days > 20 ? 20 : 1;
/** For so long a schedule that broke a promise is made smaller. */
const smallerMs = 300_000;

it.for(regressions)("keeps its promises where it once did not: $what", async ({ schedule }) => {
  const { violations } = await simulate(schedule);
  expect(violations).toEqual([]);
});

it(`keeps its promises for ${days} days`, async () => {
  const reports: Report[] = [];
  const started = performance.now();
  let failedAt: number | undefined;
  const keeps = fc.asyncProperty(schedules(daysEach), async (schedule) => {
    if (failedAt !== undefined && performance.now() - failedAt > smallerMs) return;
    const report = await simulate(schedule);
    reports.push(report);
    if (report.violations.length === 0) return;
    failedAt ??= performance.now();
    throw new Error(`broken with ${JSON.stringify(schedule)}:\n${report.violations.slice(0, 20).join("\n")}`);
  });
  try {
    await fc.assert(keeps, { seed, numRuns: Math.ceil(days / daysEach) });
  } finally {
    console.log(figures({ reports, seed, days, ms: performance.now() - started }));
  }
});

it("is the same again for the same schedule", async () => {
  const [schedule] = fc.sample(schedules(0.25), { seed, numRuns: 1 });
  if (!schedule) throw new Error("there is no schedule");
  expect(await simulate(schedule)).toEqual(await simulate(schedule));
});
