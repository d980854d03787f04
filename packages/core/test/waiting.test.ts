import { describe, expect, it } from "vitest";
import { abortable, Emitter, MiniclusterError, retry, singleFlight, withDeadline } from "../src/index.ts";
import { ManualClock } from "../src/testing.ts";

describe("withDeadline", () => {
  it("fails at the deadline, names the phase, aborts the work and hands on the late result", async () => {
    const clock = new ManualClock();
    const late: number[] = [];
    let seen: AbortSignal | undefined;
    const work = withDeadline(
      { clock, ms: 100, phase: "asking", late: (value: number) => late.push(value) },
      (signal) => {
        seen = signal;
        return new Promise<number>((resolve) => clock.after(200, () => resolve(7)));
      },
    );
    const failure = expect(work).rejects.toMatchObject({
      code: "TIMED_OUT",
      kind: "unreachable",
      message: "asking: no answer within 100 ms",
    });
    await clock.advance(100);
    await failure;
    expect(seen?.aborted).toBe(true);
    await clock.advance(100);
    expect(late).toEqual([7]);
    expect(clock.pending).toBe(0);
  });

  it("leaves no timer behind when the work is done", async () => {
    const clock = new ManualClock();
    expect(await withDeadline({ clock, ms: 100, phase: "asking" }, async () => 1)).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it("does not begin when the caller's signal is aborted", async () => {
    const signal = AbortSignal.abort(new Error("stop"));
    let begun = false;
    const work = withDeadline({ clock: new ManualClock(), ms: 1, phase: "asking", signal }, async () => {
      begun = true;
    });
    await expect(work).rejects.toThrow("stop");
    expect(begun).toBe(false);
  });
});

describe("abortable", () => {
  it("gives the signal's reason at once", async () => {
    const controller = new AbortController();
    const wait = abortable(new Promise(() => {}), controller.signal);
    controller.abort(new Error("stop"));
    await expect(wait).rejects.toThrow("stop");
  });
});

describe("retry", () => {
  const away = new MiniclusterError({ code: "AWAY", kind: "unreachable", message: "away" });

  it("never gives up by count", async () => {
    const clock = new ManualClock();
    let tries = 0;
    const done = retry({ clock, random: () => 0.5, capMs: 1_000 }, async (attempt) => {
      tries = attempt;
      if (attempt < 500) throw away;
      return "there";
    });
    await clock.advance(500 * 1_000);
    expect(await done).toBe("there");
    expect(tries).toBe(500);
  });

  it("fails at once on what trying again can't help", async () => {
    const clock = new ManualClock();
    const invalid = new MiniclusterError({ code: "BAD", kind: "invalid", message: "bad" });
    await expect(retry({ clock }, () => Promise.reject(invalid))).rejects.toBe(invalid);
    expect(clock.pending).toBe(0);
  });

  it("ends with the signal's reason in the middle of a wait", async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const done = retry(
      { clock, signal: controller.signal, onRetry: () => queueMicrotask(() => controller.abort(new Error("stop"))) },
      () => Promise.reject(away),
    );
    await expect(done).rejects.toThrow("stop");
    expect(clock.pending).toBe(0);
  });
});

describe("singleFlight", () => {
  it("shares a call under way and starts anew after it", async () => {
    let calls = 0;
    const flight = singleFlight(async () => ++calls);
    expect(await Promise.all([flight(), flight(), flight()])).toEqual([1, 1, 1]);
    expect(await flight()).toBe(2);
  });

  it("forgets a call that failed", async () => {
    let calls = 0;
    const flight = singleFlight(async () => {
      calls += 1;
      if (calls === 1) throw new Error("first");
      return calls;
    });
    await expect(flight()).rejects.toThrow("first");
    expect(await flight()).toBe(2);
  });
});

describe("Emitter", () => {
  it("goes on to the next listener when one throws, and needs none for anything", async () => {
    const events = new Emitter<{ changed: number }>("test");
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    const seen: number[] = [];
    events.emit("changed", 0);
    events.on("changed", () => {
      throw new Error("mine");
    });
    const off = events.on("changed", (value) => seen.push(value));
    events.emit("changed", 1);
    off();
    events.emit("changed", 2);
    expect(seen).toEqual([1]);
    expect((await warned).message).toContain('a listener of test "changed" threw');
  });

  it("publishes on the diagnostics channel of its area", async () => {
    const { subscribe, unsubscribe } = await import("node:diagnostics_channel");
    const seen: unknown[] = [];
    const listener = (message: unknown): void => void seen.push(message);
    subscribe("minicluster:test:changed", listener);
    new Emitter<{ changed: number }>("test").emit("changed", 5);
    unsubscribe("minicluster:test:changed", listener);
    expect(seen).toEqual([5]);
  });

  it("once ends with the signal's reason", async () => {
    const controller = new AbortController();
    const once = new Emitter<{ changed: number }>("test").once("changed", { signal: controller.signal });
    controller.abort(new Error("stop"));
    await expect(once).rejects.toThrow("stop");
  });
});
