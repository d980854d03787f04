import { expect, it } from "vitest";
import { clusterSettings, serverEngine } from "../src/cluster-settings.ts";
import type { KeptConfiguration } from "../src/data-directory.ts";
import { vaultSettings } from "../src/vault-settings.ts";

it.each([
  [{}, undefined, "1.11.0 app-id mysql"],
  [{}, "1.11.4", "path app-id mysql"],
  [{}, "1.12.0", "path approle database"],
  [{}, "2.0.1", "path approle database"],
  [{ version: "1.11.0" }, "1.15.2", "1.11.0 app-id mysql"],
  [{ version: "1.14.0" }, undefined, "1.14.0 approle database"],
  [{ version: "1.11.0", auth: "approle" }, undefined, "1.11.0 approle database"],
  [{ engine: "database" }, undefined, "1.11.0 app-id database"],
] as const)("with %j and a vault %s on PATH it runs %s", (options, own, expected) => {
  const { version, auth, engine } = vaultSettings(options, own);
  expect(`${version} ${auth} ${engine}`).toBe(expected);
});

it.each([
  [{ version: "1.14.0", auth: "app-id" }, undefined, "1.14.0 has no app-id"],
  [{ version: "1.14.0", engine: "mysql" }, undefined, "1.14.0 has no legacy mysql engine"],
  [{ auth: "app-id" }, "1.15.2", "1.15.2 has no app-id"],
  [{ nodes: 0 }, undefined, "vault.nodes: 0"],
  [{ nodes: 1.5 }, undefined, "vault.nodes: 1.5"],
] as const)("refuses %j with a vault %s on PATH: %s", (options, own, message) => {
  expect(() => vaultSettings(options, own)).toThrow(message);
});

const kept: KeptConfiguration = { services: ["billing"], engine: "real", vault: { auth: "approle", leaseTtl: "2m" } };

it.each([
  [{}, undefined, "embedded"],
  [{ vault: { version: "1.11.0" } }, undefined, "real"],
  [{ vault: { version: undefined } }, undefined, "embedded"],
  [{ engine: "real" }, undefined, "real"],
  [{}, kept, "real"],
  [{ engine: "embedded" }, kept, "embedded"],
] as const)("with %j after %j the engine is %s", (options, before, expected) => {
  expect(serverEngine(options, before)).toBe(expected);
});

it("takes from the run before what the options don't say", () => {
  const { services, vault } = clusterSettings({ vault: { leaseTtl: "3m", auth: undefined } }, kept);
  expect({ services, vault }).toMatchObject({ services: ["billing"], vault: { auth: "approle", leaseTtl: "3m" } });
  expect(clusterSettings({ services: ["shop"] }, kept).services).toEqual(["shop"]);
});

it("refuses a takeover of real servers, which take their time", () => {
  expect(() => serverEngine({ engine: "real", vault: { takeover: "1s" } })).toThrow("vault.takeover");
});
