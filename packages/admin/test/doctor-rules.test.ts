import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accountsOf } from "../src/doctor/account-names.ts";
import { type ClockSample, leastSkew } from "../src/doctor/clock-skew.ts";
import { credentialsPath, doctorSettings } from "../src/doctor/doctor-settings.ts";
import { policyLines } from "../src/doctor/examine-policy.ts";
import { Findings } from "../src/doctor/finding.ts";
import { covers, grantIn } from "../src/doctor/grant.ts";
import { type Made, withoutPartner } from "../src/doctor/partners.ts";

describe("a line of SHOW GRANTS", () => {
  test.each([
    [
      "GRANT USAGE ON *.* TO `x`@`%` IDENTIFIED BY PASSWORD '*8232A1298A49F710DBEE0B330C42EEC825D4190A'",
      "server",
      ["USAGE"],
    ],
    ["GRANT SELECT, INSERT ON `todo`.* TO `x`@`%`", "database todo", ["SELECT", "INSERT"]],
    ["GRANT SELECT ON `to\\_do`.* TO 'x'@'%' WITH GRANT OPTION", "database to\\_do", ["SELECT"]],
    [
      "GRANT SELECT, UPDATE (a, `b c`), INSERT ON `todo`.`t` TO `x`@`%`",
      "table todo.t",
      ["SELECT", "UPDATE", "INSERT"],
    ],
    ["GRANT SELECT ON `a``b`.`c.d` TO `x`@`%`", "table a`b.c.d", ["SELECT"]],
    ['GRANT SELECT ON "todo".* TO "x"@"%"', "database todo", ["SELECT"]],
    ["GRANT EXECUTE ON PROCEDURE `todo`.`p` TO `x`@`%`", "routine todo.p", ["EXECUTE"]],
    ["GRANT EXECUTE ON PACKAGE BODY `todo`.`p` TO `x`@`%`", "routine todo.p", ["EXECUTE"]],
    ["GRANT SELECT ON TABLE `todo`.`t` TO `x`@`%`", "table todo.t", ["SELECT"]],
    ["GRANT ALL PRIVILEGES ON `todo`.* TO `x`@`%`", "database todo", ["ALL PRIVILEGES"]],
    ["GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION", "proxy", ["PROXY"]],
    ["GRANT `reader`@`%` TO `x`@`%`", "role", ["`reader`@`%`"]],
    ["GRANT `reader` TO `x`@`%`", "role", ["`reader`"]],
  ])("%s", (line, where, privileges) => {
    const grant = grantIn(line);
    const place = grant?.object === undefined ? grant?.database : `${grant.database}.${grant.object}`;
    expect([grant?.level, place].filter(Boolean).join(" ")).toBe(where);
    expect(grant?.privileges).toEqual(privileges);
  });

  test.each(["SET DEFAULT ROLE reader FOR `x`@`%`", "", "GRANT", "REVOKE SELECT ON a.* FROM b"])(
    "%s grants nothing",
    (line) => {
      expect(grantIn(line)).toBeUndefined();
    },
  );

  test("whatever the names are, they come out as they went in, and nothing of the rest", () => {
    const quoted = (name: string): string => `\`${name.replaceAll("`", "``")}\``;
    const name = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(name, name, (database, table) => {
        const line = `GRANT SELECT ON ${quoted(database)}.${quoted(table)} TO \`x\`@\`%\` IDENTIFIED BY PASSWORD '*s3cret'`;
        expect(grantIn(line)).toEqual({ privileges: ["SELECT"], level: "table", database, object: table });
      }),
    );
  });

  test("no line makes it throw or hang", () => {
    const part = fc.constantFrom("GRANT ", " ON ", " TO ", "`", "``", "*", ".", '"', "(", ")", ", ", "PROCEDURE ", "a");
    const near = fc.array(part, { maxLength: 60 }).map((parts) => `GRANT ${parts.join("")}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (line) => void grantIn(line)),
      { numRuns: 2_000 },
    );
  });
});

describe("a database's pattern in a grant", () => {
  test.each([
    ["todo", "todo", true],
    ["todo", "todos", false],
    ["to\\_do", "to_do", true],
    ["to\\_do", "toxdo", false],
    ["to_do", "toxdo", true],
    ["%", "anything", true],
    ["to%", "todo", true],
    ["a.c", "abc", false],
    ["(", "(", true],
    ["a-b", "a-b", true],
  ])("%j covers %j: %s", (pattern, database, expected) => {
    expect(covers(pattern, database)).toBe(expected);
  });

  test("an escaped name covers itself, and no pattern makes it throw", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (database, pattern) => {
        expect(covers(database.replace(/[\\_%]/g, "\\$&"), database)).toBe(true);
        covers(pattern, database);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("clock skew", () => {
  test("is never more than the clocks are apart, and never on the wrong side", () => {
    const sample = fc.record({
      apart: fc.integer({ min: -100_000, max: 100_000 }),
      now: fc.integer({ min: 1e12, max: 2e12 }),
      there: fc.nat(2_000),
      back: fc.nat(2_000),
      grain: fc.constantFrom(1, 1_000),
    });
    fc.assert(
      fc.property(sample, ({ apart, now, there, back, grain }) => {
        const theirs = Math.floor((now + there + apart) / grain) * grain;
        const taken: ClockSample = { who: "", theirs, askedAt: now, answeredAt: now + there + back, grain };
        const skew = leastSkew(taken);
        expect(Math.abs(skew)).toBeLessThanOrEqual(Math.abs(apart));
        expect(skew * apart).toBeGreaterThanOrEqual(0);
        // And it misses no more than the way and the grain explain.
        expect(Math.abs(apart) - Math.abs(skew)).toBeLessThanOrEqual(there + back + grain);
      }),
    );
  });
});

describe("accounts and leases", () => {
  const made = (name: string, at: number): Made => ({ name, at: at * 1_000 });
  const names = (all: readonly Made[]): string[] => all.map(({ name }) => name);

  test.each<[string, Made[], Made[], string[], string[]]>([
    ["each with its lease", [made("a", 0.5), made("b", 60.5)], [made("l", 0.9), made("m", 60.1)], [], []],
    ["an orphan of long ago", [made("a", 0.5), made("b", 60.5)], [made("m", 60.9)], ["a"], []],
    ["an orphan next to a pair", [made("a", 7.5), made("b", 10.5)], [made("m", 10.6)], ["a"], []],
    ["a lease whose account is gone", [made("b", 60.5)], [made("l", 0.5), made("m", 60.5)], [], ["l"]],
    ["nothing", [], [], [], []],
  ])("%s", (_name, accounts, leases, lonely, empty) => {
    const alone = withoutPartner({ accounts, leases });
    expect([names(alone.accounts), names(alone.leases)]).toEqual([lonely, empty]);
  });

  test("clocks that are apart don't part them", () => {
    const accounts = [made("a", 1_000.5)];
    const leases = [made("l", 0.9)];
    expect(withoutPartner({ accounts, leases }).accounts).toHaveLength(1);
    expect(withoutPartner({ accounts, leases }, 1_000_000)).toEqual({ accounts: [], leases: [] });
  });

  test("where each account has its lease within a second, nobody is alone, however many there are", () => {
    const pair = fc.record({ at: fc.integer({ min: 0, max: 1e9 }), later: fc.nat(999) });
    fc.assert(
      fc.property(fc.uniqueArray(pair, { maxLength: 50, selector: ({ at }) => Math.floor(at / 12_000) }), (pairs) => {
        // Apart from each other by more than what is taken for together.
        const apart = pairs.map(({ at, later }) => ({ at: Math.floor(at / 12_000) * 12_000, later }));
        const accounts = apart.map(({ at }, index) => ({ name: `a${index}`, at }));
        const leases = apart.map(({ at, later }, index) => ({ name: `l${index}`, at: at + later }));
        expect(withoutPartner({ accounts, leases })).toEqual({ accounts: [], leases: [] });
        const [lost, ...rest] = leases;
        expect(names(withoutPartner({ accounts, leases: rest }).accounts)).toEqual(lost ? ["a0"] : []);
      }),
    );
  });
});

describe("names of accounts", () => {
  const database = { username: "v-approle-billing-se-jpMKYy8zkb9", role: "billing-service" };
  const legacy = { username: "bill-app--549b06", role: "billing-service" };
  test.each<[string, { username: string; role: string }, string, boolean]>([
    ["another of the role", database, "v-root-billing-se-XqiM0YAfWX6mCh", true],
    ["another role's", database, "v-approle-todo-9XkQ0badc0ffee-17", false],
    ["a person's", database, "v-admin", false],
    ["Vault's own", database, "vaultadmin", false],
    ["another of the role", legacy, "bill-root-222a35", true],
    ["another role's", legacy, "todo-app--e6fea1", false],
    ["a person's", legacy, "bill-reader", false],
    ["Vault's own", legacy, "vaultadmin", false],
  ])("%s", (_name, seen, name, expected) => {
    expect(accountsOf([seen.role], seen)?.(name)).toBe(expected);
  });

  test("all roles of the engine count", () => {
    expect(accountsOf(["billing-service", "todo"], database)?.("v-approle-todo-9XkQ0badc0ffee-17")).toBe(true);
  });

  test("an account of another template tells nothing", () => {
    expect(accountsOf(["todo"], { username: "todo_1234", role: "todo" })).toBeUndefined();
  });

  test("no role makes it throw", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (role, username) => {
        accountsOf([role], { username: `v-a-${role.slice(0, 10)}-b1`.padEnd(20, "1"), role })?.(username);
      }),
    );
  });
});

describe("settings", () => {
  test.each([
    ["mysql/creds/todo", { mount: "mysql", role: "todo", isStatic: false }],
    ["a/b/static-creds/x.y", { mount: "a/b", role: "x.y", isStatic: true }],
  ])("%s", (path, expected) => {
    expect(credentialsPath(path)).toEqual({ path, ...expected });
  });

  test.each([
    "",
    "todo",
    "mysql/creds/",
    "mysql/creds/..",
    "/creds/todo",
    "mysql/creds/a/b",
    "../creds/x",
    "a b/creds/c",
  ])("%j is no path of credentials", (path) => {
    expect(credentialsPath(path)).toBeUndefined();
  });

  test.each<[Record<string, string>, Record<string, string>, RegExp]>([
    [{}, { credentials: "x" }, /^credentials: "x" is not valid/],
    [{}, { database: "a b" }, /^database: "a b" is not valid/],
    [{}, { mysql: "nowhere" }, /^mysql: "nowhere" is not valid; write host:port/],
  ])("an option that is wrong is an error: %j %j", (env, overrides, message) => {
    expect(() => doctorSettings(env, overrides, new Findings())).toThrow(message);
  });

  test.each([
    [{ MYSQL_CREDENTIALS: "x", VAULT_TOKEN: "t" }, /^MYSQL_CREDENTIALS: /],
    [{ MYSQL_DATABASE: "a b" }, /^MYSQL_DATABASE: /],
    [{ MYSQL_SERVICE: "a b" }, /^MYSQL_SERVICE: /],
    [{ CONSUL_HTTP_ADDR: "http://u:s3cret@h" }, /^CONSUL_HTTP_ADDR: /],
    [{ VAULT_ADDR: "s3cret" }, /^VAULT_ADDR /],
    [{ VAULT_APP_ID: "s3cret" }, /^VAULT_APP_ID is set without a user-id/],
    [{ VAULT_CACERT: "/nowhere" }, /^VAULT_CACERT: /],
    [{ MYSQL_CREDENTIALS: "mysql/creds/todo" }, /^no way to log in to Vault/],
  ])("a variable that is wrong is a finding: %j", (env, what) => {
    const findings = new Findings();
    doctorSettings(env as Record<string, string>, {}, findings);
    expect(findings.list).toEqual([expect.objectContaining({ subject: "settings", status: "failure" })]);
    expect(findings.list[0]?.what).toMatch(what);
    expect(JSON.stringify(findings.list)).not.toContain("s3cret");
  });

  test("no environment makes it throw, and none of its values is told", () => {
    const names = ["VAULT_ADDR", "VAULT_TOKEN", "VAULT_APP_ID", "VAULT_USER_ID", "VAULT_ROLE_ID", "VAULT_SECRET_ID"];
    const variable = fc.constantFrom(...names, "CONSUL_HTTP_ADDR", "CONSUL_HTTP_TOKEN", "CONSUL_HTTP_SSL");
    const env = fc.dictionary(
      variable,
      fc.string({ minLength: 12 }).map((text) => `s3cret${text}`),
    );
    fc.assert(
      fc.property(env, (given) => {
        const findings = new Findings();
        doctorSettings(given, {}, findings);
        expect(JSON.stringify(findings.list)).not.toContain("s3cret");
      }),
      { numRuns: 500 },
    );
  });

  test("a static role needs no right on leases", () => {
    const fixed = policyLines(credentialsPath("database/static-creds/todo")).map(({ path }) => path);
    expect(fixed.filter((path) => path.startsWith("sys/leases"))).toEqual([]);
    expect(policyLines(credentialsPath("mysql/creds/todo")).map(({ path }) => path)).toContain(
      "sys/leases/revoke/mysql/creds/todo/*",
    );
  });
});
