import { rm } from "node:fs/promises";
import { registeredAgain, registrationsKept } from "./faults/registrations.ts";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

drill({
  name: "consul-agent-killed",
  what: "the services' Consul agent is killed, and started again with nothing registered",
  must: { says: "degraded", healthyMs: 5_000 },
  async run(world) {
    const { agent } = world.cluster.consul;
    const kept = await registrationsKept(agent);
    await world.fault("the agent is killed", () => agent.kill());
    await world.wait(inFull(8_000, 2_000));
    // An embedded agent keeps them over a restart.
    for (const path of kept ?? []) await rm(path, { recursive: true });
    await world.mended("the agent runs", () => agent.restart({ ready: false }));
    await registeredAgain(world);
    // What runs MySQL says so again, some time later.
    await world.wait(1_000);
    const { host: address, port } = world.mysql;
    await agent.register({ name: "mysql", address, port });
  },
});
