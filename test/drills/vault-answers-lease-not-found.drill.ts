import { vaultAnswers } from "./faults/vault-answers.ts";

vaultAnswers("lease not found", "Vault knows no lease that it is asked to renew", { healthyMs: 60_000 });
