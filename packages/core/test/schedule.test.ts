import { describe, expect, it } from "vitest";
import { backoffDelay, pastRenewing, renewDelay, retryDelay } from "../src/schedule.ts";

const second = 1_000;
const hour = 3_600_000;
const lives = [0, second, hour, 768 * hour, 10 * 365 * 24 * hour];

describe("renewDelay", () => {
  it.each(lives.slice(1))("of %d ms lies between 56% and 67% of what remains", (life) => {
    const earliest = renewDelay(life, 0.999999);
    const latest = renewDelay(life, 0);
    expect(latest).toBeCloseTo((life * 2) / 3, 5);
    expect(earliest).toBeGreaterThanOrEqual(life * 0.566);
    expect(earliest).toBeLessThanOrEqual(latest);
  });

  it.each([-hour, 0, 1, 50])("of %d ms is a second: what has no life is not asked for all the time", (life) => {
    for (const random of [0, 0.5, 0.999999]) expect(renewDelay(life, random)).toBe(second);
  });

  it("spreads a fleet: jitter is not zero and never later than 2/3", () => {
    expect(renewDelay(hour, 0) - renewDelay(hour, 0.9)).toBeGreaterThan(hour / 20);
    expect(renewDelay(hour, 0)).toBeLessThanOrEqual((hour * 2) / 3);
  });
});

describe("retryDelay", () => {
  it("never waits longer than a quarter of what remains", () => {
    for (let attempt = 1; attempt < 40; attempt += 1) {
      for (const life of lives.slice(1))
        expect(retryDelay(life, attempt, 0.999)).toBeLessThanOrEqual(Math.max(50, life / 4));
    }
  });

  it.each([
    [768 * hour, 30_000],
    [300_000, 30_000],
    [299_999, 5_000],
    [30_000, 5_000],
    [29_999, 1_000],
    [0, 1_000],
    [-hour, 1_000],
  ])("with %d ms left backs off to at most %d ms", (remaining, cap) => {
    const longest = Math.max(...Array.from({ length: 50 }, (_, n) => retryDelay(remaining, n + 1, 0.999999)));
    expect(longest).toBeLessThanOrEqual(cap);
    expect(longest).toBeGreaterThan(cap * 0.9);
  });

  it("goes on after the end, at most a second apart", () => {
    expect(retryDelay(-10 * hour, 1_000_000, 0.999)).toBeLessThanOrEqual(second);
  });
});

describe("pastRenewing", () => {
  it("is the last fifth of a life", () => {
    expect(pastRenewing(2_001, 10_000)).toBe(false);
    expect(pastRenewing(2_000, 10_000)).toBe(true);
    expect(pastRenewing(-1, 10_000)).toBe(true);
  });
});

describe("backoffDelay", () => {
  it("grows from the base to the cap and stays there however many tries there were", () => {
    const at = (attempt: number): number => backoffDelay({ attempt, random: 1, baseMs: 100, capMs: 5_000 });
    expect([1, 2, 3, 4, 5, 6, 7, 1_000].map(at)).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  it("is jittered over the whole range above the floor", () => {
    expect(backoffDelay({ attempt: 5, random: 0, baseMs: 100 })).toBe(50);
    expect(backoffDelay({ attempt: 5, random: 0.5, baseMs: 100 })).toBe(800);
  });
});
