import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ManualClock } from "@minicluster/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConnectGate } from "../src/connect-gate.ts";
import { Denials } from "../src/denials.ts";
import { connectFault, denialKey, faultName, sessionFault } from "../src/faults.ts";
import { replayable } from "../src/replay.ts";
import { type Waiter, Waiters } from "../src/waiters.ts";

describe("what errors mean", () => {
  test.each([
    [{ errno: 1045 }, "refused"],
    [{ errno: 4151, code: "ER_ANYTHING" }, "refused"],
    [{ errno: 1040 }, "full"],
    [{ errno: 1049 }, "invalid"],
    [{ errno: -111, code: "ECONNREFUSED" }, "unreachable"],
    [new Error("no code"), "unreachable"],
    [undefined, "unreachable"],
  ])("a connect that fails with %o: %s", (error, fault) => expect(connectFault(error)).toBe(fault));

  test.each([
    [{ errno: 1142 }, "denied"],
    [{ errno: 1062 }, "statement"],
    [{ errno: 1045, fatal: true }, "denied"],
    [{ errno: 1053 }, "lost"],
    [{ errno: -104, code: "ECONNRESET" }, "lost"],
    [{ message: "closed state", fatal: true }, "lost"],
    [{ code: "PROTOCOL_SEQUENCE_TIMEOUT" }, "timeout"],
    [{ errno: 1290 }, "worn"],
    [new TypeError("Bind parameters"), "statement"],
  ])("a statement that fails with %o: %s", (error, fault) => expect(sessionFault(error)).toBe(fault));

  test.each([
    [{ errno: 4151, code: "ER_BULK_PARSER_INCOMPLETE_ESCAPE_SEQUENCE" }, "ER_ACCOUNT_HAS_BEEN_LOCKED, 4151"],
    [{ errno: 1045, code: "ER_ACCESS_DENIED_ERROR" }, "ER_ACCESS_DENIED_ERROR, 1045"],
    [{ errno: -111, code: "ECONNREFUSED" }, "ECONNREFUSED"],
  ])("%o is called %s", (error, name) => expect(faultName(error)).toBe(name));

  test("the same right denied to two accounts is one denial", () => {
    const denied = (user: string) => ({
      errno: 1142,
      message: `SELECT command denied to user '${user}'@'h' for table t`,
    });
    expect(denialKey(denied("a"))).toBe(denialKey(denied("b")));
  });

  test("no error, however odd, breaks the judgement", () => {
    fc.assert(
      fc.property(fc.anything(), (error) => {
        connectFault(error);
        sessionFault(error);
        denialKey(error);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("which statements may run again", () => {
  test.each([
    ["SELECT 1", true],
    ["  (select 1) union (select 2)", true],
    ["INSERT INTO t VALUES (1);", true],
    [{ sql: "UPDATE t SET n = 1" }, true],
    ["CALL p()", false],
    ["DO f()", false],
    ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t", false],
    ["BEGIN", false],
    ["selectx", false],
    [undefined, false],
  ])("%o: %s", (sql, may) => expect(replayable(sql, false)).toBe(may));

  test("several statements at once are not repeated", () => {
    expect(replayable("INSERT INTO t VALUES (1); SELECT 1", true)).toBe(false);
    expect(replayable("INSERT INTO t VALUES (1);", true)).toBe(true);
  });
});

describe("denials", () => {
  const denied = { errno: 1142, message: "SELECT command denied to user 'a'@'h' for table t" };

  test("the first asks for new credentials, once an hour; the others look with a new connection", async () => {
    const clock = new ManualClock();
    const denials = new Denials(clock);
    expect(denials.judge(denied, -1, false)).toBe("rotate");
    expect(denials.judge({ ...denied, message: "another" }, -1, false)).toBe("fresh");
    await clock.advance(3_600_000);
    expect(denials.judge(denied, 0, false)).toBe("rotate");
  });

  test("denied again on a newer connection, a right counts as never granted for a minute", async () => {
    const clock = new ManualClock();
    const denials = new Denials(clock);
    denials.judge(denied, -1, false);
    await clock.advance(10);
    expect(denials.judge(denied, -1, true)).toBe("fresh");
    expect(denials.judge(denied, 5, true)).toBe("missing");
    expect(denials.judge(denied, 5, false)).toBe("missing");
    await clock.advance(60_001);
    expect(denials.judge(denied, 5, false)).toBe("fresh");
  });

  test("a statement that ran after its denial clears the right", async () => {
    const clock = new ManualClock();
    const denials = new Denials(clock);
    for (let round = 0; round < 10; round += 1) {
      const openedAt = clock.monotonic();
      await clock.advance(1);
      expect(denials.judge(denied, openedAt, false)).not.toBe("missing");
      denials.healed(denied);
    }
  });
});

test("a gate opens wider with each success, and after a failure waits and lets one through", async () => {
  const clock = new ManualClock();
  const gate = new ConnectGate({ clock, random: () => 0.999 });
  expect(gate.width).toBe(2);
  gate.succeeded();
  expect(gate.width).toBe(4);
  gate.failed("unreachable");
  expect(gate.width).toBe(1);
  expect(gate.waitMs).toBeGreaterThan(0);
  for (let failure = 0; failure < 20; failure += 1) gate.failed("unreachable");
  expect(gate.waitMs).toBeLessThanOrEqual(500);
  await clock.advance(500);
  expect(gate.waitMs).toBeLessThanOrEqual(0);
});

test("waiters come out in the order they came in, whatever is done between", () => {
  const action = fc.oneof(fc.constant("push" as const), fc.constant("shift" as const), fc.constant("front" as const));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 3_000 }), (actions) => {
      const waiters = new Waiters();
      const model: Waiter[] = [];
      for (const one of actions) {
        const waiter: Waiter = { deadline: 0, run: () => {}, fail: () => {} };
        if (one === "push") {
          waiters.push(waiter);
          model.push(waiter);
        } else if (one === "front") {
          waiters.unshift([waiter]);
          model.unshift(waiter);
        } else expect(waiters.shift()).toBe(model.shift());
        expect(waiters.size).toBe(model.length);
        expect(waiters.first).toBe(model[0]);
      }
      expect(waiters.drain()).toEqual(model);
    }),
  );
});

test("who was served is forgotten, though others still wait", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const waiters = new Waiters();
  const served: WeakRef<Waiter>[] = [];
  for (let number = 0; number < 20; number += 1) {
    const waiter: Waiter = { deadline: 0, run: () => {}, fail: () => {} };
    if (number < 10) served.push(new WeakRef(waiter));
    waiters.push(waiter);
  }
  for (const _ of served) waiters.shift();
  // A WeakRef holds what it was asked for until the turn is over.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(served.map((waiter) => waiter.deref())).toEqual(served.map(() => undefined));
  expect(waiters.size).toBe(10);
});
