import { vaultAnswers } from "./faults/vault-answers.ts";

vaultAnswers("429", "Vault answers everything with 429: too many requests");
