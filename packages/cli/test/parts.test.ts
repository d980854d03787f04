import fc from "fast-check";
import picocolors from "picocolors";
import { describe, expect, test } from "vitest";
import { eventIn } from "../src/dev-changes.ts";
import { keysIn } from "../src/keys-file.ts";
import { parseRun, words } from "../src/run-spec.ts";
import { statusTables } from "../src/status-tables.ts";
import { Terminal } from "../src/terminal.ts";

describe("the words of --run", () => {
  test.each([
    ["node a.js --fast", ["node", "a.js", "--fast"]],
    ["  node\ta.js  ", ["node", "a.js"]],
    [`node "my app.js" 'b c'`, ["node", "my app.js", "b c"]],
    [`a"b c"d`, ["ab cd"]],
    [`say ""`, ["say", ""]],
    [`"it's"`, ["it's"]],
    ["$HOME *.js a\\b ; rm", ["$HOME", "*.js", "a\\b", ";", "rm"]],
    ["", []],
  ])("%j", (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test("any words come back when each is quoted", () => {
    const word = fc.string().filter((text) => !text.includes('"'));
    fc.assert(
      fc.property(fc.array(word), (all) => void expect(words(all.map((each) => `"${each}"`).join(" "))).toEqual(all)),
    );
  });

  test("only the first = divides name and command", () => {
    expect(parseRun("a=env X=1 node")).toEqual([{ service: "a", command: "env", args: ["X=1", "node"] }]);
  });
});

describe("unseal keys", () => {
  const key = "FWl7VCBenpA28e6XQ5yP0bMAnoBCIpQgRr55Iy+ZEJE=";
  test.each([
    ["one a line", `${key}\n\n  ${key} \n`],
    ["a file of init", JSON.stringify({ keys: [key, key], threshold: 2, root_token: "t" })],
    ["Vault's own JSON", JSON.stringify({ unseal_keys_b64: [key, key] })],
    ["the API's answer", JSON.stringify({ keys: ["hex"], keys_base64: [key, key] })],
  ])("%s", (_name, text) => {
    expect(keysIn(text, "it")).toEqual([key, key]);
  });

  test("whatever is in the file, an error never repeats it", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), (text) => {
        try {
          keysIn(text, "it");
        } catch (error) {
          expect(String(error)).not.toContain(text);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("tables", () => {
  const vault = { address: "http://v:8200", state: "active", code: 200, initialized: true, sealed: false } as const;
  const instance = {
    id: "todo0",
    node: "n",
    address: "10.0.0.5",
    port: 8080,
    status: "passing",
    test: "failed",
  } as const;
  const status = {
    healthy: false,
    consul: { reachable: true, reason: undefined },
    vaults: [{ ...vault, version: "1.11.0", leader: "http://v:8200", reason: undefined }],
    services: [
      { service: "todo", healthy: false, instances: [{ ...instance, reason: "POST /todo answered 503" }] },
      { service: "other", healthy: false, instances: [] },
    ],
  };

  test("say what there is, in plain text without colours", () => {
    const text = statusTables(status, picocolors.createColors(false)).join("\n");
    expect(text).not.toContain("\u001b");
    expect(text).toMatch(/http:\/\/v:8200 +active +200 +1\.11\.0 +http:\/\/v:8200/);
    expect(text).toMatch(/todo0 +n +10\.0\.0\.5:8080 +passing +failed +POST \/todo answered 503/);
    expect(text).toContain("no instance registered");
  });

  test("colour good and bad on a terminal", () => {
    const text = statusTables(status, picocolors.createColors(true)).join("\n");
    expect(text).toContain("\u001b[32mactive");
    expect(text).toContain("\u001b[31mfailed");
  });

  test("a name from another machine can't steer the terminal", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (id) => {
        const services = [{ service: "todo", healthy: false, instances: [{ ...instance, id, reason: undefined }] }];
        const text = statusTables({ ...status, services }, picocolors.createColors(false)).join("");
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it is for
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      }),
      { numRuns: 300 },
    );
  });
});

describe("colours", () => {
  const out = { write: () => true };
  const terminal = (isTTY: boolean, env: Record<string, string>) =>
    new Terminal({ env, stdin: process.stdin, stdout: { ...out, isTTY }, stderr: out }).colours.isColorSupported;
  test.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: "1" }, false],
    [true, { TERM: "dumb" }, false],
  ])("terminal %s, %j: %s", (isTTY, env, expected) => {
    expect(terminal(isTTY, env as Record<string, string>)).toBe(expected);
  });
});

describe("lines of an instance", () => {
  test("a rotation is an event with its reason; other lines are nothing", () => {
    expect(eventIn('{"event":"credentials.rotated","reason":"due"}')).toEqual({
      name: "credentials.rotated",
      reason: "due",
    });
    for (const line of ["", "null", "7", "[]", "{", '{"event":7}', "listening"]) expect(eventIn(line)).toBeUndefined();
  });

  test("no line makes it throw", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => void eventIn(line)),
      { numRuns: 300 },
    );
  });
});
