import { vaultAnswers } from "./faults/vault-answers.ts";

vaultAnswers("half a body", "Vault's answers break off in the middle, after it did what was asked", {
  healthyMs: 60_000,
});
