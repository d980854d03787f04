import { vaultAnswers } from "./faults/vault-answers.ts";

vaultAnswers({
  fault: "429",
  what: "Vault answers everything with 429: too many requests",
  must: { says: "degraded" },
});
