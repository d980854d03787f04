import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { durationMs, kindOf, MiniclusterError, Secret } from "../src/index.ts";

describe("Secret", () => {
  const secret = new Secret("hunter2");

  it.each([
    ["a template", `${secret}`],
    ["String()", String(secret)],
    ["JSON", JSON.stringify({ secret })],
    ["inspect", inspect({ secret }, { showHidden: true, depth: 9, getters: true })],
    ["inspect in an error", inspect(Object.assign(new Error("x"), { secret }))],
    ["a spread", JSON.stringify({ ...secret })],
    ["its keys", Reflect.ownKeys(secret).join()],
  ])("does not show itself in %s", (_where, shown) => {
    expect(shown).not.toContain("hunter2");
  });

  it("is revealed only when asked", () => {
    expect(secret.reveal()).toBe("hunter2");
    expect(Secret.of(secret)).toBe(secret);
    expect(Secret.of("hunter2").equals(secret)).toBe(true);
    expect(Secret.of("hunter3").equals(secret)).toBe(false);
  });
});

describe("durationMs", () => {
  it.each([
    ["20ms", 20],
    ["5s", 5_000],
    ["1.5m", 90_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
    [0, 0],
    [1_500, 1_500],
  ])("reads %j", (text, ms) => {
    expect(durationMs(text, "timeout")).toBe(ms);
  });

  it.each([
    "",
    "5",
    "s",
    "-5s",
    "5 s",
    "5S",
    "1h30m",
    "5sec",
    "1e3s",
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    null,
    undefined,
    {},
    "5s\n",
  ])("refuses %j, naming the setting", (value) => {
    expect(() => durationMs(value, "drainTimeout")).toThrow(/^drainTimeout: .*is not a duration/);
  });
});

describe("MiniclusterError", () => {
  class OwnError extends MiniclusterError {}

  it("carries its code, its kind, its cause and the name of its class", () => {
    const cause = new Error("why");
    const error = new OwnError({ code: "X", kind: "refused", message: "m", cause });
    expect(error).toMatchObject({ name: "OwnError", code: "X", kind: "refused", message: "m", cause });
    expect(kindOf(error)).toBe("refused");
  });

  it.each([new Error("x"), "x", undefined, null, 3])("%j counts as unreachable", (value) => {
    expect(kindOf(value)).toBe("unreachable");
  });
});
