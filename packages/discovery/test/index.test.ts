import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";

const names = [
  "Announcement",
  "Discovery",
  "DiscoveryError",
  "ServiceWatch",
  "consul",
  "consulOptionsFromEnv",
  "dns",
  "dnsOptionsFromEnv",
  "fixed",
  "instanceKey",
];

describe("the built package", () => {
  it("exports these names and no other", async () => {
    expect(Object.keys(await import("@minicluster/discovery")).sort()).toEqual([...names].sort());
  });

  it("can be required by a CommonJS program", () => {
    const required = createRequire(import.meta.url)("@minicluster/discovery") as object;
    expect(Object.keys(required)).toEqual(expect.arrayContaining(names));
  });
});
