import { expect, test } from "vitest";
import { run } from "./embedded-start.mjs";

const check = process.env.MINICLUSTER_BENCH_CHECK === "1";

test("how long an embedded cluster takes to start, and what it weighs", { timeout: 600_000 }, async () => {
  const { ok } = await run({ check });
  expect(ok).toBe(true);
});
