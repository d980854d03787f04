import { vaultAnswers } from "./faults/vault-answers.ts";

vaultAnswers({
  fault: "403",
  what: "Vault answers everything with 403, logins too",
  // A refused login is tried again after half a minute at most.
  must: { says: "degraded", healthyMs: 35_000 },
});
