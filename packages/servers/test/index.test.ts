import * as servers from "@minicluster/servers";
import { expect, test } from "vitest";

test("the package exports these names", () => {
  expect(Object.keys(servers).sort()).toEqual([
    "ServersError",
    "cacheDirectory",
    "embeddedVaultStorage",
    "findConsul",
    "findMariadb",
    "findVault",
    "lockFile",
    "requireLeg",
    "startConsul",
    "startEmbeddedConsul",
    "startEmbeddedVault",
    "startMariadb",
    "startProcess",
    "startUnsealedVault",
    "startVault",
    "unseal",
  ]);
});
