import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { requireLeg, startMariadb } from "../src/index.ts";

const missing = (await requireLeg("mariadb")) ?? (process.platform === "linux" ? undefined : "there is no /proc");

test.skipIf(missing)("once paused, no thread of a server moves any more", async () => {
  await using maria = await startMariadb();
  // More busy threads than the machine has processors: one that does not run now can't be stopped now.
  for (let n = 0; n < 8; n += 1) void maria.admin("DO BENCHMARK(1000000000, MD5('x'))").catch(() => {});
  for (let round = 0; round < 20; round += 1) {
    await maria.pause();
    const states = readdirSync(`/proc/${maria.pid}/task`).map(
      (task) => readFileSync(`/proc/${maria.pid}/task/${task}/stat`, "utf8").replace(/^.*\) /s, "")[0],
    );
    expect(new Set(states)).toEqual(new Set(["T"]));
    await maria.resume();
  }
});
