import { vaultAnswers } from "./faults/vault-answers.ts";

vaultAnswers({
  fault: "500",
  what: "Vault answers everything with 500",
  must: { says: "degraded" },
});
