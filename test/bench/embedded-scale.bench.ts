import { expect, test } from "vitest";
import { run } from "./embedded-scale.mjs";

const check = process.env.MINICLUSTER_BENCH_CHECK === "1";

test("the time of an operation with 10 to 10,000 of its kind there", { timeout: 600_000 }, async () => {
  const { ok } = await run({ check });
  expect(ok).toBe(true);
});
