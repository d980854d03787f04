import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

drill({
  name: "vault-sealed",
  what: "an operator seals Vault; the leases end, and it is unsealed again",
  must: { says: "degraded" },
  async run(world) {
    const { vault } = world.cluster;
    await world.fault("every Vault is sealed", () => vault.seal());
    await world.wait(inFull(15_000, 7_000));
    const { status } = world.app.health();
    world.check("the pool is degraded", status === "degraded", status);
    await world.mended("every Vault is unsealed", () => vault.unseal());
  },
});
