import { createRequire } from "node:module";
import { expect, test } from "vitest";

const names = [
  "Vault",
  "VaultClient",
  "VaultError",
  "appId",
  "appRole",
  "machineUserId",
  "token",
  "vaultOptionsFromEnv",
];

test("the built package exports these names, to import and to require", async () => {
  expect(Object.keys(await import("@minicluster/vault")).sort()).toEqual(names);
  expect(
    Object.keys(createRequire(import.meta.url)("@minicluster/vault"))
      .filter((name) => !name.startsWith("__"))
      .sort(),
  ).toEqual(names);
});
