import { ManualClock } from "@minicluster/core/testing";
import { expect, test } from "vitest";
import { Progress } from "../src/progress.ts";

test("says each step at once and every 10 s how far it is and how long it takes, until the end", async () => {
  const clock = new ManualClock();
  const lines: string[] = [];
  const progress = new Progress("Vault 1.11.0", { clock, onProgress: (line) => lines.push(line) });
  progress.step("downloading");
  await clock.advance(4_000);
  progress.update("downloading, 3 of 9");
  await clock.advance(6_000);
  progress.step("building");
  await clock.advance(125_000);
  progress.end();
  await clock.advance(60_000);
  expect(lines.slice(0, 3)).toEqual([
    "Vault 1.11.0: downloading",
    "Vault 1.11.0: downloading, 3 of 9, 10 s",
    "Vault 1.11.0: building, 10 s",
  ]);
  expect(lines.at(-1)).toBe("Vault 1.11.0: building, 2 m 10 s");
  expect(lines).toHaveLength(3 + 12);
  expect(clock.pending).toBe(0);
});
