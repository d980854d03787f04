import { vaultAnswers } from "./faults/vault-answers.ts";

vaultAnswers("nothing", "Vault takes requests and never answers");
