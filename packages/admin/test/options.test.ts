import { Secret } from "@minicluster/core";
import { VaultClient } from "@minicluster/vault";
import { afterAll, describe, expect, test } from "vitest";
import { configureCluster } from "../src/configure-cluster.ts";
import type { ConfigureClusterOptions } from "../src/configure-options.ts";
import { provisionService } from "../src/provision-service.ts";

// Nobody listens there: an option that is let through would be another error.
const vault = new VaultClient({ address: "http://127.0.0.1:1", token: "t" });
afterAll(() => vault.close());
const mysql = { host: "127.0.0.1", port: 1, adminUser: "root", adminPassword: new Secret("p") };

describe("a wrong option of configureCluster is one error that names it, before anything is done", () => {
  test.each<[Record<string, unknown>, RegExp]>([
    [{ service: "To Do" }, /^service: "To Do" is not valid/],
    [{ service: "" }, /^service: /],
    [{ service: "../sys" }, /^service: /],
    [{ service: "a".repeat(33) }, /^service: /],
    [{ database: "to-do" }, /^database: "to-do" is not valid/],
    [{ database: "todo`; DROP" }, /^database: /],
    [{ database: "mysql" }, /^database: mysql belongs to the server itself/],
    [{ auth: "ldap" }, /^auth: "ldap" is not known; write app-id or approle/],
    [{ engine: "postgres" }, /^engine: "postgres" is not known; write mysql or database/],
    [{ mount: "a//b" }, /^mount: /],
    [{ mount: "../sys" }, /^mount: /],
    [{ leaseTtl: "1 minute" }, /^leaseTtl: "1 minute" is not a duration/],
    [{ leaseTtl: "500ms" }, /^leaseTtl: "500ms" is not valid; Vault counts whole seconds/],
    [{ leaseTtl: "0s" }, /^leaseTtl: /],
    [{ leaseTtl: "2h", maxTtl: "1h" }, /^leaseTtl: 7200s is longer than the max TTL, 3600s/],
    [{ maxTtl: -1 }, /^maxTtl: /],
    [{ tokenTtl: "25h" }, /^tokenTtl: 90000s is longer than the token's max TTL/],
    [{ tokenMaxTtl: "x" }, /^tokenMaxTtl: /],
    [{ privileges: [] }, /^privileges: /],
    [{ privileges: ["select"] }, /^privileges: "select" is not valid/],
    [{ privileges: ["SELECT; DROP"] }, /^privileges: /],
    [{ appId: new Secret("short") }, /^appId: the value given is not valid/],
    [{ mysql: { ...mysql, host: "a b" } }, /^mysql\.vaultHost: /],
    [{ mysql: { ...mysql, account: "va'x" } }, /^mysql\.account: /],
    [{ mysql: { ...mysql, accountHost: "%'" } }, /^mysql\.accountHost: /],
    [{ mysql: { ...mysql, port: 70_000 } }, /^mysql\.port: 70000 /],
    [{ mysql: { ...mysql, vaultPort: 0 } }, /^mysql\.vaultPort: 0 /],
    [{ wait: "soon" }, /^wait: /],
  ])("%o", async (options, message) => {
    const failure = configureCluster({ vault, mysql, wait: 0, ...options } as ConfigureClusterOptions);
    await expect(failure).rejects.toMatchObject({ kind: "invalid", message: expect.stringMatching(message) });
  });
});

describe("a wrong option of provisionService is one error that names it", () => {
  const machine = { mac: "aa:bb:cc:dd:ee:ff", salt: "pepper and salt" };
  test.each<[Record<string, unknown>, RegExp]>([
    [{ service: "to/do" }, /^service: /],
    [{ auth: "token" }, /^auth: /],
    [{ instance: "a b" }, /^instance: /],
    [{ cidr: "10.0.0.1" }, /^cidr: /],
    [{ auth: "app-id", wrapTtl: "5m" }, /^wrapTtl: goes with auth approle/],
    [{ auth: "approle", userId: "u".repeat(20) }, /^userId: goes with auth app-id/],
    [{ auth: "approle", machine }, /^machine: goes with auth app-id/],
    [{ auth: "app-id", machine, userId: "u".repeat(20) }, /^userId and machine: give one/],
    [{ auth: "app-id", userId: "s3cret" }, /^userId: the value given is not valid/],
    [{ auth: "app-id", userId: "s3cret/../../../sys/mounts" }, /^userId: the value given is not valid/],
    [{ auth: "app-id", userId: "" }, /^userId: /],
    [{ auth: "app-id", machine: { ...machine, mac: "s3cret" } }, /mac is not a MAC address/],
    [{ auth: "app-id", machine: { ...machine, salt: "short" } }, /the salt is shorter than/],
    [{ auth: "approle", wrapTtl: "x" }, /^wrapTtl: /],
    [{ auth: "approle", wrapTtl: 0 }, /^wrapTtl: /],
  ])("%o", async (options, message) => {
    const error = await provisionService({ vault, service: "todo", ...options } as never).catch((e: unknown) => e);
    expect(error).toMatchObject({ kind: "invalid", message: expect.stringMatching(message) });
    expect(String(error)).not.toContain("s3cret");
  });
});
