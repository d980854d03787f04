import { vaultAnswers } from "./faults/vault-answers.ts";
import { inFull } from "./stage/form.ts";

vaultAnswers({
  fault: "lease not found",
  what: "Vault knows no lease that it is asked to renew",
  // One refused renewal is a rotation. After three in a minute the next one waits for the minute's end.
  faultMs: inFull(20_000, 5_000),
  must: inFull({ says: "degraded", healthyMs: 60_000 }, {}),
});
