import { expect, test } from "vitest";
import { runOnce } from "../src/index.ts";

test("runs at the first call, and answers every call alike", async () => {
  let runs = 0;
  const close = runOnce(async () => {
    runs += 1;
    return runs;
  });
  const calls = [close(), close()];
  expect(calls[0]).toBe(calls[1]);
  expect(await Promise.all([...calls, close()])).toEqual([1, 1, 1]);
});

test("a failure is answered to every call as well", async () => {
  let runs = 0;
  const close = runOnce(async () => {
    runs += 1;
    throw new Error("no");
  });
  await expect(close()).rejects.toThrow("no");
  await expect(close()).rejects.toThrow("no");
  expect(runs).toBe(1);
});
