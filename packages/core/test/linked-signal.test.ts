import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { LinkedSignal } from "../src/linked-signal.ts";

test("is aborted with the first of its signals, and takes its reason", () => {
  const [one, two] = [new AbortController(), new AbortController()];
  using linked = new LinkedSignal(one.signal, undefined, two.signal);
  two.abort("two");
  one.abort("one");
  expect(linked.signal.reason).toBe("two");
  using late = new LinkedSignal(one.signal, two.signal);
  expect(late.signal.reason).toBe("one");
});

test("leaves no listener behind", () => {
  const { signal } = new AbortController();
  for (let i = 0; i < 100; i += 1) new LinkedSignal(signal)[Symbol.dispose]();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});
