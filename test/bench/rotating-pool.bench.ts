import { expect, test } from "vitest";
import { run } from "./rotating-pool.mjs";

const check = process.env.MINICLUSTER_BENCH_CHECK === "1";

test("the rotating pool against a bare mysql2 pool on the same server", { timeout: 600_000 }, async () => {
  const { ok } = await run({ check });
  expect(ok).toBe(true);
});
