import { Secret } from "@minicluster/core";
import { requireLeg, startVault, type Vault } from "@minicluster/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { initVault } from "../src/init-vault.ts";
import { type UnsealedNode, unsealVault } from "../src/unseal-vault.ts";

const nowhere = "http://127.0.0.1:1";

describe("shares and threshold", () => {
  test.each([
    [{ shares: 0 }, /^shares: 0 /],
    [{ shares: 256 }, /^shares: 256 /],
    [{ shares: 2.5 }, /^shares: 2\.5 /],
    [{ shares: Number.NaN }, /^shares: /],
    [{ threshold: 0 }, /^threshold: 0 /],
    [{ shares: 3, threshold: 4 }, /^threshold: 4 of 3 shares/],
    [{ shares: 3, threshold: 1 }, /^threshold: Vault takes 1 for a single share only/],
  ])("%o is one error, before Vault is asked", async (options, message) => {
    const failure = initVault({ address: nowhere, ...options });
    await expect(failure).rejects.toMatchObject({
      code: "ADMIN_INVALID_OPTION",
      message: expect.stringMatching(message),
    });
  });
});

test("nothing to unseal, or nothing to unseal it with, is an error", async () => {
  await expect(unsealVault({ addresses: [], keys: ["k"] })).rejects.toMatchObject({ code: "ADMIN_INVALID_OPTION" });
  await expect(unsealVault({ addresses: [nowhere], keys: [" "] })).rejects.toMatchObject({
    code: "ADMIN_INVALID_OPTION",
  });
});

for (const version of ["1.11.0", "1.14.0"] as const) {
  const missing = await requireLeg(`vault-${version}`);
  describe.skipIf(missing)(`Vault ${version}`, () => {
    let vault: Vault;
    let address: string;
    let keys: readonly Secret[] = [];

    beforeAll(async () => {
      vault = await startVault({ version });
      address = vault.address;
    });
    afterAll(() => vault?.close());

    test("a node that is not initialised is told so, not unsealed", async () => {
      const [node] = await unsealVault({ addresses: [address], keys: [new Secret("0".repeat(44))] });
      expect(node).toMatchObject({ done: "failed", reason: expect.stringContaining("not initialised") });
    });

    test("init gives as many keys as shares, once", async () => {
      const made = await initVault({ address, shares: 3, threshold: 2 });
      if (made.done !== "created") throw new Error("initialised before");
      keys = made.keys;
      expect(keys).toHaveLength(3);
      expect(JSON.stringify(made)).not.toContain(keys[0]?.reveal());
      expect(await initVault({ address, shares: 3, threshold: 2 })).toEqual({ done: "unchanged" });
    });

    test("a wrong key is one clear error without the key", async () => {
      const wrong = new Secret(Buffer.alloc(33, 7).toString("base64"));
      const failure = unsealVault({ addresses: [address], keys: [keys[0] ?? wrong, wrong] });
      const error = await failure.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "ADMIN_UNSEAL_REFUSED", kind: "refused" });
      expect(String(error)).not.toContain(wrong.reveal());
      expect(String(error)).not.toContain(keys[0]?.reveal());
    });

    test("too few keys leave it waiting, and say how many it has", async () => {
      const [node] = await unsealVault({ addresses: [address], keys: keys.slice(0, 1) });
      expect(node).toMatchObject({ done: "waiting", progress: 1, threshold: 2 });
    });

    test("unseals each node it can reach, tells progress, and a second time finds nothing to do", async () => {
      const progress: UnsealedNode[] = [];
      const addresses = [nowhere, address];
      const nodes = await unsealVault({ addresses, keys: keys.slice(1), onProgress: (node) => progress.push(node) });
      expect(nodes.map(({ done }) => done)).toEqual(["failed", "updated"]);
      expect(progress.at(-1)).toMatchObject({ address, done: "updated", progress: 2 });
      const [again] = await unsealVault({ addresses: [address], keys });
      expect(again?.done).toBe("unchanged");
    });
  });
}
