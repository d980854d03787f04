import type { Secret } from "@minicluster/core";
import { tokenGrant } from "./answer.ts";
import type { AuthMethod } from "./auth-method.ts";
import type { VaultClient } from "./client.ts";
import { invalidOption, VaultError } from "./error.ts";
import { encodePath, trimSlashes } from "./path.ts";
import { fromFile, given } from "./secret-source.ts";
import { unwrap } from "./unwrap.ts";

export interface AppRoleOptions {
  roleId: string | Secret;
  /** Exactly one of the three; none for a role that binds no secret-id. */
  secretId?: string | Secret | undefined;
  /** The file it is in; read again at each login. */
  secretIdFile?: string | undefined;
  /** A wrapping token around it; unwrapped once, at the first login. */
  wrappedSecretId?: string | Secret | undefined;
  /** The role's name, for messages. */
  role?: string | undefined;
  /** Default "approle". */
  mount?: string | undefined;
}

/**
 * Log in by AppRole.
 *
 * @throws VaultError `VAULT_INVALID_OPTION` when more than one secret-id is given
 * @example appRole({ roleId: "1f0c...", secretIdFile: "/run/todo/secret-id", role: "todo" })
 */
export function appRole(options: AppRoleOptions): AuthMethod {
  const { secretId, secretIdFile, wrappedSecretId, role } = options;
  if ([secretId, secretIdFile, wrappedSecretId].filter((each) => each !== undefined).length > 1) {
    throw invalidOption("AppRole: give one of secretId, secretIdFile and wrappedSecretId");
  }
  const mount = trimSlashes(options.mount ?? "approle");
  const path = `auth/${mount}/login`;
  encodePath(path);
  const name = `AppRole login at auth/${mount}${role === undefined ? "" : ` as ${role}`}`;
  const readRoleId = given(options.roleId, "roleId");
  const plain =
    secretId !== undefined
      ? given(secretId, "secretId")
      : secretIdFile !== undefined
        ? fromFile(secretIdFile, "secret-id")
        : undefined;
  const wrapping = wrappedSecretId === undefined ? undefined : given(wrappedSecretId, "wrappedSecretId");
  let unwrapped: Secret | undefined;

  async function readSecretId(client: VaultClient, signal: AbortSignal): Promise<Secret | undefined> {
    if (!wrapping) return await plain?.();
    unwrapped ??= await secretIdIn(client, await wrapping(), signal);
    return unwrapped;
  }

  async function secretIdIn(client: VaultClient, token: Secret, signal: AbortSignal): Promise<Secret> {
    const phase = `${name}: unwrapping the secret-id`;
    const data = await unwrap(client, token, { signal, phase });
    const value = data["secret_id"];
    if (typeof value === "string" && value !== "") return await given(value, "secret_id")();
    throw new VaultError({
      code: "VAULT_LOGIN_REFUSED",
      kind: "refused",
      message: `${phase}: the wrapping token held no secret_id: make it with vault write -wrap-ttl=... -f auth/${mount}/role/ROLE/secret-id`,
    });
  }

  return {
    name,
    repeatable: true,
    async logIn(client, { signal }) {
      const body: Record<string, string> = { role_id: (await readRoleId()).reveal() };
      const id = await readSecretId(client, signal);
      if (id) body["secret_id"] = id.reveal();
      const login = { method: "POST", path, body, token: null, purpose: "login", issues: false, phase: name } as const;
      return tokenGrant(await client.request({ ...login, signal }), name);
    },
  };
}
