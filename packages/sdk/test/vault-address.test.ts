import { expect, it } from "vitest";
import { VaultAddress } from "../src/vault-address.ts";
import { scripted } from "./scripted-source.ts";

it("lists the active node first, then those that pass, then the rest, and forgets none when the catalog is empty", async () => {
  const { discovery, found } = scripted();
  const address = new VaultAddress(discovery.watch("vault", { status: "any" }), "https");
  expect(address.current()).toEqual([]);
  const ready = address.ready();
  // A watch starts a turn later.
  await Promise.resolve();
  found(
    { address: "10.0.0.1", port: 8200, status: "critical" },
    { address: "10.0.0.2", port: 8200, tags: ["standby"] },
    { address: "fd00::3", port: 8200, tags: ["active"] },
    { address: "10.0.0.4", port: 8200, tags: ["active"], status: "critical" },
  );
  await ready;
  const all = ["https://[fd00::3]:8200", "https://10.0.0.4:8200", "https://10.0.0.2:8200", "https://10.0.0.1:8200"];
  expect(address.current()).toEqual(all);
  found();
  expect(address.current()).toEqual(all);
  await discovery.close();
});
