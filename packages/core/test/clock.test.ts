import { afterEach, describe, expect, it, vi } from "vitest";
import { Deadline, sleep, systemClock } from "../src/index.ts";
import { ManualClock } from "../src/testing.ts";

describe("systemClock", () => {
  afterEach(() => void vi.useRealTimers());

  it("splits a wait of 768 h that one timer can't hold", () => {
    vi.useFakeTimers();
    const run = vi.fn();
    systemClock.after(768 * 3_600_000, run);
    vi.advanceTimersByTime(768 * 3_600_000 - 1);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledOnce();
  });

  it("cancels a split wait in its second part", () => {
    vi.useFakeTimers();
    const run = vi.fn();
    const cancel = systemClock.after(768 * 3_600_000, run);
    vi.advanceTimersByTime(2 ** 31);
    cancel();
    vi.advanceTimersByTime(768 * 3_600_000);
    expect(run).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("sleep", () => {
  it("ends with the signal's reason and leaves no timer", async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const slept = sleep(clock, 1_000, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(slept).rejects.toThrow("enough");
    expect(clock.pending).toBe(0);
  });

  it("does not start when the signal is aborted already", async () => {
    const clock = new ManualClock();
    await expect(sleep(clock, 1, { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
    expect(clock.pending).toBe(0);
  });
});

describe("ManualClock", () => {
  it("fires what falls due in order, timers that timers set included", async () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    clock.after(20, () => seen.push(`b${clock.monotonic()}`));
    clock.after(10, () => {
      seen.push(`a${clock.monotonic()}`);
      clock.after(5, () => seen.push(`c${clock.monotonic()}`));
    });
    await clock.advance(30);
    expect(seen).toEqual(["a10", "c15", "b20"]);
    expect(clock.monotonic()).toBe(30);
  });
});

describe("Deadline", () => {
  it("passes by monotonic time when the wall clock is set back", async () => {
    const clock = new ManualClock();
    const deadline = new Deadline(clock, 1_000);
    clock.jump(-3_600_000);
    await clock.advance(1_000);
    expect(deadline.passed).toBe(true);
  });

  it("passes by wall time when the machine slept", () => {
    const clock = new ManualClock();
    const deadline = new Deadline(clock, 1_000);
    clock.jump(1_000);
    expect(deadline.passed).toBe(true);
    expect(deadline.remainingMs).toBe(0);
  });

  it("of Infinity never passes", () => {
    const clock = new ManualClock();
    clock.jump(1e15);
    expect(new Deadline(clock, Number.POSITIVE_INFINITY).passed).toBe(false);
  });
});
