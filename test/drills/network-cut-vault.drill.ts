import { networkCut } from "./faults/network-cut.ts";
import { inFull } from "./stage/form.ts";

await networkCut({
  file: import.meta.url,
  server: "Vault",
  ports: ({ vault }) => vault.nodes.map(({ address }) => Number(new URL(address).port)),
  // Past the end of a lease.
  cutMs: inFull(15_000, 7_000),
  // The third time within a minute credentials are short: no more than three are asked for in it.
  must: { says: "degraded", healthyMs: 60_000 },
});
