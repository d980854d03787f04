import { networkCut } from "./faults/network-cut.ts";
import { inFull } from "./stage/form.ts";

await networkCut({
  file: import.meta.url,
  server: "Consul",
  ports: ({ consul }) => [Number(new URL(consul.agent.address).port)],
  // Longer than a call to the agent may take.
  cutMs: inFull(15_000, 7_000),
  must: { says: "degraded" },
});
