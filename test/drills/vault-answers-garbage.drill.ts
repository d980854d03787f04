import { vaultAnswers } from "./faults/vault-answers.ts";

vaultAnswers({
  fault: "garbage",
  what: "what answers in the place of Vault speaks HTML",
  must: { says: "degraded" },
});
