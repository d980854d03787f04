import { expect, test } from "vitest";
import type { FakeConnection, FakeDriver } from "./fake-driver.ts";
import { made } from "./leases.ts";

const denied = Object.assign(new Error("SELECT command denied to user 'u'@'h' for table `d`.`t`"), { errno: 1142 });

/** The connection that has a statement to answer. */
function working({ live }: FakeDriver): FakeConnection {
  const found = live.find(({ _command }) => _command);
  if (!found) throw new Error("no statement is under way");
  return found;
}

test("a denied statement whose fresh connection is destroyed by the swap runs on the next generation", async () => {
  const { clock, driver, leases, pool } = made();
  const first = pool.query("SELECT 1");
  await clock.advance(1_000);
  // The first denial within an hour costs a rotation.
  working(driver).answer(denied);
  await clock.advance(1_000);
  expect(pool.stats.generation).toBe(2);
  working(driver).answer();
  await first;
  // The second one is looked into on a fresh connection.
  const second = pool.query("SELECT 2");
  await clock.advance(0);
  driver.open = false;
  working(driver).answer(denied);
  await clock.advance(0);
  expect(pool.stats.connecting).toBe(1);
  driver.open = true;
  leases.next(3_600_000);
  await clock.advance(1_000);
  expect(pool.stats.generation).toBe(3);
  working(driver).answer(null, [{ 2: 2 }]);
  expect((await second)[0]).toEqual([{ 2: 2 }]);
  await pool.close();
});
