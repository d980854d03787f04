import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostAndPort } from "../src/host-and-port.ts";
import { servicePolicy } from "../src/policy.ts";
import { goSeconds } from "../src/secrets-engine.ts";
import { accountStatements, grantTarget, privilegesIn, randomPassword } from "../src/sql.ts";

describe("SQL", () => {
  test("an underscore in a database's name is no wildcard in a grant", () => {
    expect(grantTarget("my_app")).toBe("`my\\_app`.*");
  });

  test("the account's statements grant on the service's database alone", () => {
    expect(accountStatements("todo", ["SELECT", "INSERT"])).toBe(
      "CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'; GRANT SELECT, INSERT ON `todo`.* TO '{{name}}'@'%';",
    );
  });

  test.each([
    [
      "GRANT SELECT, CREATE ON `todo`.* TO `v`@`%` WITH GRANT OPTION",
      { privileges: ["SELECT", "CREATE"], option: true },
    ],
    ["GRANT SELECT ON `todo`.* TO `v`@`%`", { privileges: ["SELECT"], option: false }],
    ["GRANT SELECT ON `todo2`.* TO `v`@`%`", undefined],
    ["GRANT CREATE USER ON *.* TO `v`@`%`", undefined],
    ["", undefined],
  ])("reads %s", (line, expected) => {
    expect(privilegesIn(line, "todo")).toEqual(expected);
  });

  test("no line of SHOW GRANTS makes it throw", () => {
    fc.assert(
      fc.property(fc.string(), (line) => void privilegesIn(line, "todo")),
      { numRuns: 300 },
    );
  });

  test("passwords differ, hold four classes of characters, and none that a DSN or SQL would read", () => {
    const all = Array.from({ length: 200 }, () => randomPassword().reveal());
    expect(new Set(all).size).toBe(200);
    for (const password of all) expect(password).toMatch(/^Aa1-[A-Za-z0-9_-]{32}$/);
  });
});

describe("durations as Go prints them", () => {
  test.each([
    ["1m0s", 60],
    ["24h0m0s", 86_400],
    ["5s", 5],
    ["768h0m0s", 2_764_800],
    ["", undefined],
    ["1m0.5s", undefined],
    ["s", undefined],
    [60, undefined],
  ])("%s is %s seconds", (text, expected) => {
    expect(goSeconds(text)).toBe(expected);
  });

  test("reads back whatever is written", () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(59), fc.nat(59), (h, m, s) => {
        expect(goSeconds(`${h}h${m}m${s}s`)).toBe(h * 3_600 + m * 60 + s);
      }),
    );
  });
});

test("the policy holds the credentials and their early end, nothing else", () => {
  const paths = [...servicePolicy("mysql/creds/todo").matchAll(/path "([^"]+)"/g)].map((match) => match[1]);
  expect(paths).toEqual(["mysql/creds/todo", "sys/leases/revoke/mysql/creds/todo/*"]);
});

describe("host and port", () => {
  test.each([
    ["10.0.0.4:3306", { host: "10.0.0.4", port: 3306 }],
    ["[::1]:3306", { host: "::1", port: 3306 }],
    ["mysql.service.consul:1", { host: "mysql.service.consul", port: 1 }],
    ["mysql", undefined],
    ["mysql:0", undefined],
    ["mysql:65536", undefined],
    ["::1:3306", undefined],
    ["a b:1", undefined],
  ])("%s", (text, expected) => {
    expect(hostAndPort(text)).toEqual(expected);
  });

  test("whatever it takes has a port that exists and a host without blanks", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = hostAndPort(text);
        if (found) expect(found.port > 0 && found.port < 65_536 && /^[^\s/@]+$/.test(found.host)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
