import { registeredAgain } from "./faults/registrations.ts";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

drill({
  name: "consul-agent-frozen",
  what: "the services' Consul agent freezes; the cluster takes its node for failed",
  must: { healthyMs: 5_000 },
  async run(world) {
    const { agent } = world.cluster.consul;
    await world.fault("the agent freezes", () => agent.pause());
    await world.wait(inFull(15_000, 6_000));
    await world.mended("the agent thaws", () => agent.resume());
    await registeredAgain(world);
  },
});
