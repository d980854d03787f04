import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Operator, type OperatorOptions } from "../src/operator.ts";

let directory = "";
let notPem = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "operator-"));
  notPem = join(directory, "ca.pem");
  await writeFile(notPem, "nothing");
});
afterAll(() => rm(directory, { recursive: true }));

type Env = Record<string, string>;
type Ask = (operator: Operator) => unknown;

const vault: Ask = (operator) => operator.vault();
const mysql: Ask = (operator) => operator.mysql();
const consul: Ask = (operator) => operator.consul;
const vaults: Ask = (operator) => operator.namedVaults;
const ca: Ask = (operator) => operator.vaultCa;
const nobody = { CONSUL_HTTP_ADDR: "127.0.0.1:1" };

describe("a wrong variable is one error that names it, without its value", () => {
  test.each<[string, Env, Ask, RegExp, Omit<OperatorOptions, "env">?]>([
    ["no token", { VAULT_ADDR: "http://127.0.0.1:1" }, vault, /^VAULT_TOKEN: not set/],
    ["an empty token", { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "" }, vault, /^VAULT_TOKEN: not set/],
    [
      "a token of two lines",
      { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "s3cret\ns3cret" },
      vault,
      /^VAULT_TOKEN: /,
    ],
    ["an address without scheme", { VAULT_ADDR: "s3cret" }, vaults, /^VAULT_ADDR /],
    ["an address with a password", { VAULT_ADDR: "http://u:s3cret@h:1" }, vaults, /^VAULT_ADDR /],
    ["a named address that is none", {}, vaults, /^vault: /, { vaults: ["s3cret"] }],
    ["a missing authority", { VAULT_CACERT: "/nowhere" }, ca, /^VAULT_CACERT: \/nowhere can't be read \(ENOENT\)/],
    ["no MySQL administrator", {}, mysql, /^MYSQL_ADMIN_URL: not set/],
    ["two MySQL administrators", { MYSQL_ADMIN_URL: "mysql://a:s3cret@h", MYSQL_ADMIN_USER: "b" }, mysql, /unset one/],
    [
      "a URL of something else",
      { MYSQL_ADMIN_URL: "http://a:s3cret@h" },
      mysql,
      /^MYSQL_ADMIN_URL: not a URL of MySQL/,
    ],
    ["a URL without a user", { MYSQL_ADMIN_URL: "mysql://h:3306" }, mysql, /^MYSQL_ADMIN_URL: /],
    ["a URL with a stray %", { MYSQL_ADMIN_URL: "mysql://a:s3cret%zz@h:3306" }, mysql, /^MYSQL_ADMIN_URL: a %/],
    [
      "an address of MySQL without a port",
      { MYSQL_ADMIN_USER: "a" },
      mysql,
      /^mysql: "h" is not valid/,
      { mysql: "h" },
    ],
    ["a scheme that Consul hasn't", { CONSUL_HTTP_ADDR: "ftp://s3cret" }, consul, /^CONSUL_HTTP_ADDR: /],
    ["a boolean that is none", { CONSUL_HTTP_SSL: "s3cret" }, consul, /^CONSUL_HTTP_SSL: /],
  ])("%s", async (_name, env, ask, message, options = {}) => {
    const error = await Promise.resolve()
      .then(() => ask(new Operator({ env, ...options })))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "AdminError", code: "ADMIN_INVALID_OPTION", kind: "invalid" });
    expect((error as Error).message).toMatch(message);
    if (!options.vaults) expect((error as Error).message).not.toContain("s3cret");
  });

  test("a file without a certificate", () => {
    expect(() => new Operator({ env: { VAULT_CACERT: notPem } }).vaultCa).toThrow(/^VAULT_CACERT: .*no certificate/);
  });
});

test("what nobody named and Consul can't tell is an error that says how to name it", async () => {
  const operator = new Operator({ env: nobody, timeout: "2s" });
  await expect(operator.vaultAddresses()).rejects.toMatchObject({
    code: "ADMIN_NOT_FOUND",
    message: expect.stringMatching(/^vault: .*127\.0\.0\.1:1.*set VAULT_ADDR/),
  });
});

test("named nodes win over VAULT_ADDR", () => {
  const env = { VAULT_ADDR: "http://127.0.0.1:1" };
  expect(new Operator({ env }).namedVaults).toEqual(["http://127.0.0.1:1"]);
  expect(new Operator({ env, vaults: ["http://127.0.0.1:2/"] }).namedVaults).toEqual(["http://127.0.0.1:2"]);
});

test("how a service logs in is no concern of an operator's", () => {
  const env = { VAULT_ADDR: "http://127.0.0.1:1", VAULT_APP_ID: "a", VAULT_ROLE_ID: "b" };
  expect(new Operator({ env }).namedVaults).toEqual(["http://127.0.0.1:1"]);
});

test("a password with special characters comes out of the URL as it was", async () => {
  const found = await new Operator({ env: { MYSQL_ADMIN_URL: "mysql://ad%40min:p%25%2F%3A@[::1]:3307" } }).mysql();
  expect(found).toMatchObject({ host: "::1", port: 3307, adminUser: "ad@min" });
  expect(found.adminPassword.reveal()).toBe("p%/:");
});
