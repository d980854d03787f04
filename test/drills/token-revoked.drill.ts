import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

drill({
  name: "token-revoked",
  what: "an operator revokes the tokens of all services, and with them their leases",
  vault: { leaseTtl: "6s", maxTtl: "24h" },
  must: { issued: 3 },
  // New connections all the time: only those are refused.
  pool: { idleTimeout: "500ms" },
  async run(world) {
    await using operator = await world.cluster.vault.operator();
    const { data } = (await operator.list("auth/token/accessors")) as { data: { keys: string[] } };
    const logins: string[] = [];
    for (const accessor of data.keys) {
      const found = await operator.write("auth/token/lookup-accessor", { accessor });
      if ((found as { data: { path: string } }).data.path === "auth/app-id/login") logins.push(accessor);
    }
    world.check("a token a service", logins.length === 3, logins.length);
    await world.fault("an operator revokes the tokens of all services", async () => {
      for (const accessor of logins) await operator.write("auth/token/revoke-accessor", { accessor });
    });
    await world.until("a login of the pool", 20_000, async () => world.rotations[0]);
    await world.wait(inFull(3_000, 500));
    world.check("one rotation of the pool", world.rotations.length === 1, world.rotations.join(", "));
  },
});
