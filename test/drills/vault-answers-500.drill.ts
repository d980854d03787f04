import { vaultAnswers } from "./faults/vault-answers.ts";

vaultAnswers("500", "Vault answers everything with 500");
