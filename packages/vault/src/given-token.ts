import { Secret } from "@minicluster/core";
import { asJson, badAnswer, headerSecret, isDuration, strings, type TokenGrant } from "./answer.ts";
import type { AuthMethod } from "./auth-method.ts";
import { VaultError } from "./error.ts";

/**
 * Use a token from elsewhere. Its life is asked for and renewed; it can't be replaced, and `close()` does not revoke it.
 *
 * @throws VaultError `VAULT_BAD_ANSWER` when it can't stand in a header
 * @example token(process.env.VAULT_TOKEN)
 */
export function token(value: string | Secret): AuthMethod {
  const secret = headerSecret(Secret.of(value).reveal(), "the token given");
  const name = "the token given";
  return {
    name,
    repeatable: false,
    async logIn(client, { signal }) {
      try {
        const body = await client.request({
          method: "GET",
          path: "auth/token/lookup-self",
          token: secret,
          phase: name,
          signal,
        });
        return lifeOf(secret, asJson(body?.["data"]));
      } catch (error) {
        if (!(error instanceof VaultError) || error.code !== "VAULT_DENIED") throw error;
        throw new VaultError({
          code: "VAULT_LOGIN_REFUSED",
          kind: "refused",
          message: `${name}: Vault refuses it (expired, revoked or of another Vault), and a token can't log in anew: give a new one, or use app-id or AppRole`,
          status: error.status,
        });
      }
    },
  };
}

function lifeOf(secret: Secret, data: Record<string, unknown> | undefined): TokenGrant {
  const seconds = data?.["ttl"];
  if (!data || !isDuration(seconds)) throw badAnswer("auth/token/lookup-self", "a ttl");
  const endless = seconds === 0 && (data["expire_time"] === null || data["expire_time"] === undefined);
  return {
    token: secret,
    accessor: typeof data["accessor"] === "string" ? data["accessor"] : "",
    lifeMs: endless ? Number.POSITIVE_INFINITY : seconds * 1_000,
    renewable: data["renewable"] === true && !endless,
    policies: strings(data["policies"]),
  };
}
