import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

drill({
  name: "lease-renewed",
  what: "leases of 5 s are renewed, again and again",
  vault: { leaseTtl: "5s", maxTtl: "24h" },
  must: { p99: 1.5, issued: 0 },
  async run(world) {
    let renewals = 0;
    world.app.events.on("credentials.renewed", () => {
      renewals += 1;
    });
    await world.fault("leases of 5 s that may live for a day");
    await world.wait(inFull(15_000, 6_000));
    world.check("the pool's lease was renewed", renewals >= inFull(3, 1), renewals);
    world.check("the pool kept its account", world.rotations.length === 0, world.rotations.length);
  },
});
