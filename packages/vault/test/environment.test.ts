import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vaultOptionsFromEnv } from "../src/environment.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "minicluster-vault-"));
  writeFileSync(join(folder, "ca.pem"), "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n");
  writeFileSync(join(folder, "empty.pem"), "nothing");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a login", () => {
  const good: [string, Record<string, string>, string][] = [
    ["app-id", { VAULT_APP_ID: "a", VAULT_USER_ID: "u" }, "app-id login at auth/app-id"],
    ["app-id from a file", { VAULT_APP_ID: "a", VAULT_USER_ID_FILE: "/f" }, "app-id login at auth/app-id"],
    ["AppRole", { VAULT_ROLE_ID: "r", VAULT_SECRET_ID: "s" }, "AppRole login at auth/approle"],
    ["AppRole from a file", { VAULT_ROLE_ID: "r", VAULT_SECRET_ID_FILE: "/f" }, "AppRole login at auth/approle"],
    ["AppRole, wrapped", { VAULT_ROLE_ID: "r", VAULT_WRAPPED_SECRET_ID: "w" }, "AppRole login at auth/approle"],
    ["a token", { VAULT_TOKEN: "t" }, "the token given"],
    [
      "app-id before a token",
      { VAULT_TOKEN: "t", VAULT_APP_ID: "a", VAULT_USER_ID: "u" },
      "app-id login at auth/app-id",
    ],
    [
      "AppRole before a token",
      { VAULT_TOKEN: "t", VAULT_ROLE_ID: "r", VAULT_SECRET_ID: "s" },
      "AppRole login at auth/approle",
    ],
    ["empty variables as if unset", { VAULT_APP_ID: "", VAULT_TOKEN: "t", VAULT_SECRET_ID: "" }, "the token given"],
  ];
  test.each(good)("by %s", (_name, env, name) => {
    expect(vaultOptionsFromEnv(env).auth.name).toBe(name);
  });

  const bad: [Record<string, string>, RegExp][] = [
    [{}, /set VAULT_APP_ID and VAULT_USER_ID .*or VAULT_ROLE_ID and VAULT_SECRET_ID .*or VAULT_TOKEN/],
    [{ VAULT_APP_ID: "xx" }, /VAULT_APP_ID is set without a user-id: set VAULT_USER_ID or VAULT_USER_ID_FILE/],
    [{ VAULT_APP_ID: "xx", VAULT_TOKEN: "xx" }, /set VAULT_USER_ID or VAULT_USER_ID_FILE/],
    [{ VAULT_USER_ID: "xx" }, /without VAULT_APP_ID: set VAULT_APP_ID/],
    [{ VAULT_USER_ID_FILE: "xx" }, /without VAULT_APP_ID: set VAULT_APP_ID/],
    [
      { VAULT_APP_ID: "xx", VAULT_USER_ID: "xx", VAULT_USER_ID_FILE: "xx" },
      /VAULT_USER_ID and VAULT_USER_ID_FILE are set: unset one/,
    ],
    [{ VAULT_ROLE_ID: "xx" }, /set VAULT_SECRET_ID, VAULT_SECRET_ID_FILE or VAULT_WRAPPED_SECRET_ID/],
    [{ VAULT_SECRET_ID: "xx" }, /VAULT_SECRET_ID is set without VAULT_ROLE_ID/],
    [{ VAULT_WRAPPED_SECRET_ID: "xx" }, /VAULT_WRAPPED_SECRET_ID is set without VAULT_ROLE_ID/],
    [
      { VAULT_ROLE_ID: "xx", VAULT_SECRET_ID: "xx", VAULT_WRAPPED_SECRET_ID: "xx" },
      /VAULT_SECRET_ID and VAULT_WRAPPED_SECRET_ID are set: keep one/,
    ],
    [
      { VAULT_ROLE_ID: "xx", VAULT_SECRET_ID: "xx", VAULT_SECRET_ID_FILE: "xx", VAULT_WRAPPED_SECRET_ID: "xx" },
      /VAULT_SECRET_ID, VAULT_SECRET_ID_FILE and VAULT_WRAPPED_SECRET_ID are set/,
    ],
    [
      { VAULT_APP_ID: "xx", VAULT_USER_ID: "xx", VAULT_ROLE_ID: "xx", VAULT_SECRET_ID: "xx" },
      /not both: unset VAULT_APP_ID and VAULT_USER_ID or VAULT_ROLE_ID and VAULT_SECRET_ID/,
    ],
    [{ VAULT_APP_ID: "xx", VAULT_ROLE_ID: "xx" }, /VAULT_APP_ID and VAULT_ROLE_ID are set/],
    [{ VAULT_TOKEN: "xx\nxx" }, /VAULT_TOKEN holds characters/],
    [{ VAULT_TOKEN: "t", VAULT_ADDR: "xx:8200" }, /VAULT_ADDR is not a URL/],
    [{ VAULT_TOKEN: "t", VAULT_CACERT: "/no/such/file" }, /VAULT_CACERT: \/no\/such\/file can't be read \(ENOENT\)/],
  ];
  test.each(bad)("of %j is refused, naming the variables and none of their values", (env, message) => {
    expect(() => vaultOptionsFromEnv(env)).toThrow(
      expect.objectContaining({ code: "VAULT_INVALID_OPTION", kind: "invalid" }),
    );
    expect(() => vaultOptionsFromEnv(env)).toThrow(message);
    expect(() => vaultOptionsFromEnv(env)).not.toThrow(/xx/);
  });
});

test("address, namespace and authority are taken over", () => {
  const ca = join(folder, "ca.pem");
  const options = vaultOptionsFromEnv({
    VAULT_TOKEN: "t",
    VAULT_ADDR: "https://v:8200/",
    VAULT_NAMESPACE: "n",
    VAULT_CACERT: ca,
  });
  expect(options).toMatchObject({ address: "https://v:8200", namespace: "n", ca: expect.stringContaining("BEGIN") });
  expect(Object.keys(vaultOptionsFromEnv({ VAULT_TOKEN: "t" }))).toEqual(["auth"]);
});

test("a file that holds no certificate is refused", () => {
  expect(() => vaultOptionsFromEnv({ VAULT_TOKEN: "t", VAULT_CACERT: join(folder, "empty.pem") })).toThrow(
    /holds no certificate/,
  );
});
