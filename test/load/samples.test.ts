import { expect, it } from "vitest";
import { Samples } from "./samples.ts";

it("keeps every sample as it was, over chunks", () => {
  const samples = new Samples();
  const count = 150_000;
  for (let number = 0; number < count; number += 1) {
    const failure = number % 50_000 === 7 ? `failure ${number}` : undefined;
    samples.add({ kind: number % 2 ? "GET" : "POST", at: number, tookMs: number % 8, failure });
  }
  expect(samples.length).toBe(count);
  expect([...samples].at(-1)).toEqual({ kind: "GET", at: count - 1, tookMs: (count - 1) % 8, failure: undefined });
  expect(samples.failed.map(({ at, kind, failure }) => [at, kind, failure])).toEqual([
    [7, "GET", "failure 7"],
    [50_007, "GET", "failure 50007"],
    [100_007, "GET", "failure 100007"],
  ]);
  expect(samples.filter(({ at, kind }) => at < 10 && kind === "POST").map(({ at }) => at)).toEqual([0, 2, 4, 6, 8]);
});
