import { vaultAnswers } from "./faults/vault-answers.ts";

vaultAnswers({
  fault: "nothing",
  what: "Vault takes requests and never answers",
  must: { says: "degraded" },
});
