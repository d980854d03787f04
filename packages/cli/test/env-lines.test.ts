import { spawnSync } from "node:child_process";
import { parseEnv } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { envLines, exportLine } from "../src/env-lines.ts";

/** Any text that an environment can hold. */
const value = fc.string({ unit: "binary", maxLength: 40 }).filter((text) => !text.includes("\0"));

test("an export line is one word to a shell, whatever the value", () => {
  expect(exportLine("A", "it's $HOME")).toBe(`export A='it'\\''s $HOME'`);
});

test("a shell gets each value back", () => {
  const lone = /[\ud800-\udfff]/u;
  fc.assert(
    fc.property(
      value.filter((text) => !lone.test(text)),
      (text) => {
        const script = `${envLines({ A: text }, "export").join("\n")}\nprintf '%s' "$A"`;
        expect(spawnSync("sh", ["-c", script], { encoding: "utf8" }).stdout).toBe(text);
      },
    ),
    { numRuns: 60 },
  );
});

test("node --env-file gets each value back, or it is refused", () => {
  fc.assert(
    fc.property(value, (text) => {
      let line: string;
      try {
        [line = ""] = envLines({ A: text }, "dotenv");
      } catch (error) {
        expect(error).toMatchObject({ code: "CLI_USAGE" });
        expect(text).toMatch(/'[\s\S]*`|`[\s\S]*'/);
        return;
      }
      // Node reads a carriage return as a line's end.
      if (!text.includes("\r")) expect(parseEnv(line)["A"]).toBe(text);
    }),
    { numRuns: 500 },
  );
});
