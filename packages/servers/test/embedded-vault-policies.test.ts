import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Acl } from "../src/embedded-vault/acl.ts";
import { VaultFailure } from "../src/embedded-vault/failure.ts";
import { HclError, parseHcl } from "../src/embedded-vault/hcl.ts";
import { policyRules } from "../src/embedded-vault/policy-text.ts";

const capabilitiesOn = (text: string, path: string): string[] =>
  new Acl([{ name: "p", text, rules: policyRules(text) }]).capabilities(path);

describe("HCL", () => {
  test("is read with comments, heredocs, escapes, numbers and nested objects", () => {
    const text = `
# one
// two
/* three
   */
a = "x\\"y" b = 5
list = ["a", 1, true, ["b"],]
block "label" { c = { d = <<EOT
line one
  line two
EOT
} }`;
    expect(parseHcl(text)).toMatchObject({
      items: [
        { keys: ["a"], value: 'x"y', line: 6 },
        { keys: ["b"], value: 5 },
        { keys: ["list"], value: ["a", 1, true, ["b"]] },
        {
          keys: ["block", "label"],
          value: { items: [{ keys: ["c"], value: { items: [{ keys: ["d"], value: "line one\n  line two\n" }] } }] },
        },
      ],
    });
  });

  test.each([
    ['path "a" {', "At 1:11: object expected closing } got: EOF"],
    ['path "a" { capabilities = ["read" }', "error parsing list, expected comma or list end"],
    ["a = ", "Unknown token: EOF"],
    ["a = 'b'", "illegal character"],
    ['a = "b\nc"', "At 1:5: illegal character"],
    ["= 5", "key expected"],
    ["a b = 5", "expected start of object"],
    ['{"a": 1} b', "after the object"],
    [`a = ${"[".repeat(5_000)}`, "nested too deeply"],
  ])("%s is refused where it is wrong", (text, says) => {
    expect(() => parseHcl(text)).toThrow(HclError);
    expect(() => parseHcl(text)).toThrow(says);
  });

  test("any text is HCL or an HclError, and JSON objects are what they say", () => {
    const pieces = fc.constantFrom(
      '"',
      "{",
      "}",
      "[",
      "]",
      "=",
      ",",
      ":",
      "path",
      "\\",
      "#",
      "/*",
      "*/",
      "\n",
      "<<A\n",
      "A",
      "1",
      " ",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(pieces).map((some) => some.join("")),
    );
    fc.assert(
      fc.property(text, (some) => {
        try {
          parseHcl(some);
        } catch (error) {
          expect(error).toBeInstanceOf(HclError);
        }
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (object) => {
        const { items } = parseHcl(JSON.stringify(object));
        expect(Object.fromEntries(items.map(({ keys, value }) => [keys[0], value]))).toEqual(object);
      }),
    );
  });
});

describe("policies", () => {
  test.each(["mfa_methods = []", "control_group = {}", "unknown = 1"])("%s is refused by name", (line) => {
    const text = `path "a" { capabilities = ["read"] ${line} }`;
    expect(() => policyRules(text)).toThrow(VaultFailure);
    expect(() => policyRules(text)).toThrow(line.split(" ")[0]);
  });

  test("a path with a template matches nobody here", () => {
    expect(capabilitiesOn('path "a/{{identity.entity.id}}" { capabilities = ["read"] }', "a/b")).toEqual(["deny"]);
  });

  test("any text is a policy or refused with 400", () => {
    const stanza = fc
      .tuple(fc.string({ maxLength: 8 }), fc.constantFrom("read", "deny", "fly"), fc.string({ maxLength: 5 }))
      .map(([path, capability, junk]) => `path ${JSON.stringify(path)} { capabilities = ["${capability}"] ${junk} }`);
    fc.assert(
      fc.property(stanza, fc.string(), (text, path) => {
        try {
          expect(capabilitiesOn(text, path).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ status: 400 });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("a longer prefix, and a rule without wildcards, always wins", () => {
    const segment = fc.constantFrom("a", "b", "c");
    fc.assert(
      fc.property(fc.array(segment, { minLength: 2, maxLength: 5 }), (segments) => {
        const path = segments.join("/");
        const short = `path "${segments[0]}/*" { capabilities = ["read"] }`;
        const long = `path "${path.slice(0, -1)}*" { capabilities = ["update"] }`;
        const exact = `path "${path}" { capabilities = ["delete"] }`;
        expect(capabilitiesOn(`${long}\n${short}`, path)).toContain("update");
        expect(capabilitiesOn(`${exact}\n${long}\n${short}`, path)).toEqual(["delete"]);
      }),
    );
  });
});
