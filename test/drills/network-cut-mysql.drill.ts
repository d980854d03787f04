import { networkCut } from "./faults/network-cut.ts";
import { inFull } from "./stage/form.ts";
import { awayCodes, promptPool } from "./stage/prompt-pool.ts";

await networkCut({
  file: import.meta.url,
  server: "MySQL",
  ports: ({ mysql }) => [mysql.port],
  cutMs: inFull(10_000, 4_000),
  recoversMs: 2_000,
  pool: promptPool,
  must: {
    fail: "while down",
    recoversMs: 2_000,
    answersMs: 1_000,
    codes: awayCodes,
    says: "critical",
    healthyMs: 3_000,
    connectionsInASecond: 120,
  },
});
