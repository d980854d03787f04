import { expect, test } from "vitest";
import { made } from "./leases.ts";

test("credentials that no connection uses any more are given back when they are replaced", async () => {
  const { clock, driver, leases, pool } = made({ pool: { idleTimeout: "1m" } });
  const query = pool.query("SELECT 1");
  await clock.advance(0);
  driver.connections[0]?.answer();
  await query;
  await clock.advance(120_000);
  expect(pool.stats).toMatchObject({ open: 0, generationsDrained: 0 });
  leases.next(3_600_000);
  await clock.advance(1_000);
  expect(leases.released).toEqual(["lease-1"]);
  expect(pool.stats).toMatchObject({ generationsRetired: 1, generationsDrained: 1 });
  await pool.close();
  expect(clock.pending).toBe(0);
});
