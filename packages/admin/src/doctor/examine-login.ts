import { kindOf } from "@minicluster/core";
import { type VaultClient, VaultError } from "@minicluster/vault";
import { json } from "../vault-call.ts";
import type { Examination } from "./examination.ts";
import { ServiceSession } from "./service-session.ts";

/** Logs in as the service does. Undefined where that can't be done; the session is to be ended by the caller. */
export async function examineLogin(examination: Examination, client: VaultClient): Promise<ServiceSession | undefined> {
  const { settings, findings, signal } = examination;
  const { auth, borrowedToken: borrowed } = settings;
  if (!auth) {
    findings.notChecked("login", "the settings don't say how");
    return undefined;
  }
  if (settings.wrapped) return await lookAtWrapping(examination, client);
  signal?.throwIfAborted();
  try {
    // Not to be aborted: a token that arrives after nobody waits for it could not be revoked.
    const { token, lifeMs, policies } = await auth.logIn(client, { signal: new AbortController().signal });
    const life = Number.isFinite(lifeMs) ? `lives ${Math.round(lifeMs / 1_000)} s` : "never ends";
    const what = `${auth.name} works: the token has the policies ${policies.join(", ")} and ${life}`;
    if (policies.includes("root")) {
      findings.warning("login", what, "give the service a login of its own: minicluster provision SERVICE");
    } else findings.ok("login", what);
    return new ServiceSession({ client, token, borrowed });
  } catch (error) {
    const advice =
      kindOf(error) === "unreachable"
        ? "look at Vault's log and try again"
        : borrowed
          ? "set VAULT_TOKEN to a token of this Vault that has not ended, or log in by app-id or AppRole"
          : "make a new login with minicluster provision SERVICE, and set what it prints";
    findings.failure("login", error instanceof Error ? error.message : String(error), advice);
    return undefined;
  }
}

/** A wrapping token works once, so it is only looked at (Vault's API manual, "/sys/wrapping/lookup"). */
async function lookAtWrapping(examination: Examination, client: VaultClient): Promise<undefined> {
  const { settings, findings, signal } = examination;
  const body = { token: settings.wrapped?.reveal() };
  const phase = "looking at VAULT_WRAPPED_SECRET_ID";
  try {
    const request = { method: "POST", path: "sys/wrapping/lookup", body, token: null, phase, issues: false } as const;
    const answer = json((await client.request({ ...request, signal }))?.["data"]);
    findings.ok(
      "login",
      `VAULT_WRAPPED_SECRET_ID can still be used; it was made by ${String(answer?.["creation_path"])}`,
    );
    findings.notChecked(
      "login",
      "it works once, so it was left for the service",
      "to look further, run doctor with a login of its own: minicluster provision SERVICE --auth approle",
    );
  } catch (error) {
    signal?.throwIfAborted();
    const gone = error instanceof VaultError && error.status === 400;
    const what = "VAULT_WRAPPED_SECRET_ID was used before or has ended";
    const advice =
      "if the service itself didn't use it, somebody else has its secret-id: destroy that and provision anew";
    if (gone) findings.failure("login", what, advice);
    else findings.failure("login", (error as Error).message, "look at Vault's log and try again");
  }
  return undefined;
}
