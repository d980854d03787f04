import fc from "fast-check";
import { expect, it } from "vitest";
import { announcedAddress, parseBind } from "../src/bind.ts";
import { readConfig } from "../src/config.ts";

const defaults = {
  credentials: "mysql/creds/todo",
  database: "todo",
  service: "mysql",
  bind: { host: "0.0.0.0", port: 8080 },
};

it("has a default for everything, also where a variable is empty", () => {
  expect(readConfig({})).toEqual(defaults);
  expect(readConfig({ MYSQL_CREDENTIALS: "", MYSQL_DATABASE: "", MYSQL_SERVICE: "", BIND: "" })).toEqual(defaults);
});

it.each([
  ["127.0.0.1:8080", { host: "127.0.0.1", port: 8080 }],
  [":8080", { host: "0.0.0.0", port: 8080 }],
  ["[::1]:8080", { host: "::1", port: 8080 }],
  ["[::]:1", { host: "::", port: 1 }],
  ["localhost:65535", { host: "localhost", port: 65_535 }],
  ["0.0.0.0:0", { host: "0.0.0.0", port: 0 }],
])("binds to %s", (text, bind) => {
  expect(readConfig({ BIND: text }).bind).toEqual(bind);
});

it.each([
  ["MYSQL_CREDENTIALS", ["todo", "/mysql/creds/todo", "mysql/creds/", "mysql//creds/todo", "mysql/creds/../x"]],
  ["MYSQL_CREDENTIALS", ["mysql/creds/todo?x=1", "mysql/creds/to do", "mysql/creds/todo\n", "mysql/creds/%2e"]],
  ["MYSQL_DATABASE", ["a b", "a;b", "a`b", "x".repeat(65), "todo\n", "a/b"]],
  ["MYSQL_SERVICE", ["my_sql", "mysql.service.consul", "-mysql", "mysql-", "x".repeat(64), "my sql"]],
  ["BIND", ["8080", "localhost", "127.0.0.1", "127.0.0.1:", "::1:8080", "[127.0.0.1]:80", "[::1]", "example.org:80"]],
  ["BIND", ["127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8o80", "256.0.0.1:80", "127.0.0.1:8080 ", "http://:80"]],
])("refuses a bad %s, names it, and says what to set", (name, values) => {
  for (const value of values) {
    expect(() => readConfig({ [name]: value }), JSON.stringify(value)).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING", kind: "invalid" }),
    );
    expect(() => readConfig({ [name]: value })).toThrow(
      new RegExp(`^${name}: .* is not valid; set .*such as|^${name}: `),
    );
  }
});

it("names all that are wrong in one error", () => {
  expect(() => readConfig({ BIND: "x", MYSQL_DATABASE: "a b" })).toThrow(/MYSQL_DATABASE: .*; BIND: "x" is not valid/);
});

it("parses any text as a bind address, or not at all", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^(\[?[0-9a-f:.]{0,12}\]?|localhost|)[:]?[0-9]{0,6}$/));
  fc.assert(
    fc.property(text, (value) => {
      const bind = parseBind(value);
      if (!bind) return;
      expect(bind.port).toBeGreaterThanOrEqual(0);
      expect(bind.port).toBeLessThanOrEqual(65_535);
      expect(bind.host).not.toBe("");
    }),
    { numRuns: 2_000 },
  );
});

it("announces an address of its own, but no wildcard", () => {
  expect(["127.0.0.1", "::1", "10.0.0.7", "0.0.0.0", "::"].map(announcedAddress)).toEqual([
    ...["127.0.0.1", "::1", "10.0.0.7", undefined, undefined],
  ]);
});
