import { vaultAnswers } from "./faults/vault-answers.ts";

vaultAnswers({
  fault: "half a body",
  what: "Vault's answers break off in the middle, after it did what was asked",
  // What Vault made, and nobody heard of, counts: no more than three are asked for in a minute.
  must: { says: "degraded", healthyMs: 60_000 },
});
