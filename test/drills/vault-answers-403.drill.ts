import { vaultAnswers } from "./faults/vault-answers.ts";

vaultAnswers("403", "Vault answers everything with 403, logins too", { healthyMs: 35_000 });
