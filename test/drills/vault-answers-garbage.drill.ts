import { vaultAnswers } from "./faults/vault-answers.ts";

vaultAnswers("garbage", "what answers in the place of Vault speaks HTML");
