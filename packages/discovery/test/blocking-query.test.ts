import { MiniclusterError } from "@minicluster/core";
import { ManualClock } from "@minicluster/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bell } from "../src/bell.ts";
import { blockingQuery } from "../src/blocking-query.ts";

type Reading = { index: bigint | undefined; value: string };

let clock: ManualClock;
let closing: AbortController;
let back: Bell;
let asked: { index: bigint | undefined; at: number }[];
let pending: { resolve: (reading: Reading) => void; reject: (error: unknown) => void } | undefined;
let found: { value: string; restarted: boolean }[];
let failed: unknown[];
let changed: boolean;
let blocking: boolean;
let loop: Promise<void>;

beforeEach(() => {
  clock = new ManualClock();
  closing = new AbortController();
  back = new Bell();
  [asked, found, failed, changed, blocking] = [[], [], [], true, true];
  loop = blockingQuery({
    clock,
    random: () => 0.5,
    signal: closing.signal,
    back,
    blocking: () => blocking,
    read: (index) => {
      asked.push({ index, at: clock.monotonic() });
      return new Promise<Reading>((resolve, reject) => {
        pending = { resolve, reject };
      });
    },
    found: (value, { restarted }) => {
      found.push({ value, restarted });
      return changed;
    },
    failed: (error) => failed.push(error),
  });
});

afterEach(async () => {
  closing.abort();
  pending?.reject(closing.signal.reason);
  await loop;
  expect(clock.pending).toBe(0);
});

async function answers(reading: Reading, options: { after?: number } = {}): Promise<void> {
  await clock.advance(options.after ?? 0);
  pending?.resolve(reading);
  await clock.advance(0);
}

describe("a blocking query", () => {
  it("asks at once, then waits beyond the index it got", async () => {
    await answers({ index: 7n, value: "a" });
    await clock.advance(100);
    expect(asked.map(({ index }) => index)).toEqual([undefined, 7n]);
  });

  it("drops an index that goes backwards and says that the server restarted", async () => {
    await answers({ index: 7n, value: "a" });
    await clock.advance(100);
    await answers({ index: 3n, value: "b" });
    await clock.advance(1_000);
    expect(found).toEqual([
      { value: "a", restarted: false },
      { value: "b", restarted: true },
    ]);
    expect(asked.map(({ index }) => index)).toEqual([undefined, 7n, undefined]);
  });

  it("restarts without an index after any failure, within a second", async () => {
    await answers({ index: 7n, value: "a" });
    await clock.advance(100);
    for (let failure = 1; failure <= 12; failure += 1) {
      const before = asked.length;
      pending?.reject(new Error("ECONNRESET"));
      await clock.advance(1_000);
      expect(asked.length).toBe(before + 1);
      expect(asked.at(-1)?.index).toBeUndefined();
    }
    expect(failed).toHaveLength(12);
  });

  it("goes on after an answer without an index, by polling about every second", async () => {
    await answers({ index: undefined, value: "a" });
    await clock.advance(900);
    expect(asked).toHaveLength(1);
    await clock.advance(400);
    expect(asked.map(({ index }) => index)).toEqual([undefined, undefined]);
  });

  it("never spins when answers come at once and nothing changes", async () => {
    changed = false;
    for (let second = 0; second < 10_000; second += 10) {
      pending?.resolve({ index: 7n, value: "same" });
      await clock.advance(10);
    }
    expect(asked.length).toBeLessThan(35);
  });

  it("asks again at once when the answer took its time", async () => {
    await answers({ index: 7n, value: "a" });
    await clock.advance(100);
    await answers({ index: 8n, value: "b" }, { after: 30_000 });
    expect(asked).toHaveLength(3);
    expect(asked[2]?.at).toBe(30_100);
  });

  it("asks again at once when the server is known to be back", async () => {
    for (let failure = 0; failure < 6; failure += 1) {
      pending?.reject(new Error("ECONNREFUSED"));
      await clock.advance(1_000);
    }
    pending?.reject(new Error("ECONNREFUSED"));
    await clock.advance(0);
    const before = asked.length;
    back.ring();
    await clock.advance(0);
    expect(asked.length).toBe(before + 1);
  });

  it("asks less often while it is refused, so that a new token is still picked up within two seconds", async () => {
    const refused = new MiniclusterError({ code: "X", kind: "refused", message: "403" });
    for (let failure = 1; failure <= 20; failure += 1) {
      pending?.reject(refused);
      await clock.advance(2_000);
    }
    expect(asked.length).toBe(21);
  });

  it("polls without holding a connection where it may not block", async () => {
    blocking = false;
    await answers({ index: 7n, value: "a" });
    await clock.advance(1_300);
    expect(asked.map(({ index }) => index)).toEqual([undefined, undefined]);
  });
});
