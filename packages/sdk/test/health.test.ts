import { ManualClock } from "@minicluster/core/testing";
import { expect, it } from "vitest";
import { type HealthStatus, overall, type PartHealth } from "../src/health.ts";
import { HealthWatch } from "../src/health-watch.ts";

const part = (name: string, status: HealthStatus): PartHealth => ({ name, status });

it.each([
  [[], "passing"],
  [["passing", "passing"], "passing"],
  [["passing", "degraded"], "degraded"],
  [["critical", "degraded"], "critical"],
] as [HealthStatus[], HealthStatus][])("parts that are %j make it %s", (statuses, expected) => {
  expect(overall(statuses.map((status, n) => part(`p${n}`, status))).status).toBe(expected);
});

it("says a change of any part within half a second, and nothing while nothing changes", async () => {
  const clock = new ManualClock();
  let parts: PartHealth[] = [part("a", "passing")];
  const seen: string[] = [];
  const changed = ({ status, previous }: { status: string; previous: string | undefined }): void =>
    void seen.push(`${previous} -> ${status}`);
  const watch = new HealthWatch({ clock, read: () => overall(parts), changed });
  watch.start();
  await clock.advance(5_000);
  parts = [part("a", "degraded")];
  await clock.advance(500);
  parts = [part("a", "degraded"), part("b", "critical")];
  await clock.advance(5_000);
  watch.close();
  expect(seen).toEqual(["undefined -> passing", "passing -> degraded", "degraded -> critical"]);
  expect(clock.pending).toBe(0);
});
