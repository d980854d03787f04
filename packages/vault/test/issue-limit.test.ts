import { ManualClock } from "@minicluster/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { IssueLimit } from "../src/issue-limit.ts";

function limit(): { clock: ManualClock; limit: IssueLimit } {
  const clock = new ManualClock();
  return { clock, limit: new IssueLimit({ clock, path: "mysql/creds/todo" }) };
}

test("the fourth within a minute is refused, and says when it may be", async () => {
  const { clock, limit: one } = limit();
  for (let i = 0; i < 3; i += 1) {
    one.take();
    await clock.advance(1_000);
  }
  expect(() => one.take()).toThrow(
    expect.objectContaining({ code: "VAULT_ISSUE_LIMIT", kind: "unreachable", retryAfterMs: 57_000 }),
  );
  await clock.advance(57_000);
  one.take();
});

test("one that is given back does not count", () => {
  const { limit: one } = limit();
  for (let i = 0; i < 10; i += 1) one.take()();
});

test("a shorter max TTL is the window; one below a second is taken for a second", async () => {
  const { clock, limit: one } = limit();
  one.learn(20_000);
  for (let i = 0; i < 3; i += 1) one.take();
  await clock.advance(19_999);
  expect(() => one.take()).toThrow();
  await clock.advance(1);
  one.take();
  one.learn(0);
  await clock.advance(1_000);
  for (let i = 0; i < 3; i += 1) one.take();
  expect(() => one.take()).toThrow(expect.objectContaining({ retryAfterMs: 1_000 }));
});

test("the shorter life of the token is the window too", async () => {
  const { clock, limit: one } = limit();
  for (let i = 0; i < 3; i += 1) one.take(10_000);
  await clock.advance(10_000);
  one.take(10_000);
});

test("however it is asked, no window holds more than three", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 60 }), async (waits) => {
      const { clock, limit: one } = limit();
      const taken: number[] = [];
      for (const wait of waits) {
        await clock.advance(wait);
        try {
          one.take();
          taken.push(clock.monotonic());
        } catch {}
      }
      for (const at of taken)
        expect(taken.filter((other) => other > at - 60_000 && other <= at).length).toBeLessThanOrEqual(3);
    }),
    { numRuns: 30 },
  );
});
