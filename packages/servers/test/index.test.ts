import * as servers from "@minicluster/servers";
import { expect, test } from "vitest";

test("the package exports these names", () => {
  expect(Object.keys(servers).sort()).toEqual([
    "ServersError",
    "cacheDirectory",
    "findConsul",
    "findMariadb",
    "findVault",
    "requireLeg",
    "startConsul",
    "startEmbeddedConsul",
    "startMariadb",
    "startProcess",
    "startUnsealedVault",
    "startVault",
    "unseal",
  ]);
});
