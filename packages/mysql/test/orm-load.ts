import { expect } from "vitest";
import { type Fixture, load, until } from "./fixture.ts";

/** An ORM's calls under three rotations: none may fail, and each old account must be dropped. */
export async function throughRotations(
  { pool, accounts }: Fixture,
  call: (number: number) => Promise<unknown>,
): Promise<void> {
  const rotating = setInterval(() => void accounts.next(), 600);
  const tally = await load({ rate: 200, ms: 2_200 }, call);
  clearInterval(rotating);
  expect(tally.failures).toEqual([]);
  expect(tally.done).toBeGreaterThan(300);
  expect(pool.stats.generationsOpened).toBeGreaterThanOrEqual(3);
  await until(() => accounts.released.length >= 2, 15_000);
}
