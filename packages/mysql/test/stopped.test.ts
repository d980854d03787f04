import type { Clock } from "@minicluster/core";
import { ManualClock } from "@minicluster/core/testing";
import { expect, test } from "vitest";
import { made } from "./leases.ts";

/** A clock whose timers are late by what the process was stopped for. */
class StoppedClock implements Clock {
  readonly #clock: ManualClock;
  stoppedMs = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.stoppedMs;
  }

  monotonic(): number {
    return this.#clock.monotonic() + this.stoppedMs;
  }

  after(ms: number, run: () => void): () => void {
    return this.#clock.after(ms, run);
  }
}

test("a statement that was answered while the process was stopped is not cut, one that was not is", async () => {
  const hands = new ManualClock();
  const clock = new StoppedClock(hands);
  const { driver, pool } = made({ pool: { clock, queryTimeout: "10s" } });
  const answered = pool.query("SELECT 1");
  await hands.advance(300);
  const silent = pool.query("SELECT 2").catch(({ code }: { code: string }) => code);
  await hands.advance(300);
  clock.stoppedMs = 120_000;
  // Timers come before what is to be read.
  await hands.advance(250);
  driver.connections[0]?.answer(null, [{ 1: 1 }]);
  expect((await answered)[0]).toEqual([{ 1: 1 }]);
  await hands.advance(10_500);
  expect(await silent).toBe("MYSQL_TIMEOUT");
  expect(pool.stats.timeouts).toBe(1);
  await pool.close();
});

test("a caller who waited while the process was stopped gets the connection that became free meanwhile", async () => {
  const hands = new ManualClock();
  const clock = new StoppedClock(hands);
  const { driver, pool } = made({ pool: { clock, connectionLimit: 1 } });
  const first = pool.query("SELECT 1");
  await hands.advance(300);
  const second = pool.query("SELECT 2");
  await hands.advance(300);
  clock.stoppedMs = 120_000;
  await hands.advance(250);
  driver.connections[0]?.answer(null, []);
  await first;
  await hands.advance(10);
  driver.connections[0]?.answer(null, [{ 2: 2 }]);
  expect((await second)[0]).toEqual([{ 2: 2 }]);
  await pool.close();
});
