import { registeredAgain } from "./faults/registrations.ts";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

drill({
  name: "consul-server-killed",
  what: "the Consul server is killed, and started again: real Vaults keep their data in it",
  // A real Vault can't say whether it made an account while its storage was away. Three such answers, and the next may
  // be asked for when a minute has passed.
  must: { says: "degraded", healthyMs: 60_000 },
  async run(world) {
    const { server } = world.cluster.consul;
    await world.fault("the server is killed", () => server.kill());
    await world.wait(inFull(8_000, 2_000));
    await world.mended("the server runs", () => server.restart({ ready: false }));
    await registeredAgain(world);
  },
});
