import type { Secret } from "@minicluster/core";
import { tokenGrant } from "./answer.ts";
import type { AuthMethod } from "./auth-method.ts";
import { invalidOption } from "./error.ts";
import { encodePath, trimSlashes } from "./path.ts";
import { fromFile, given } from "./secret-source.ts";

export interface AppIdOptions {
  /** The one secret all instances of a service share. */
  appId: string | Secret;
  /** The secret of this instance alone. */
  userId?: string | Secret | undefined;
  /** The file it is in; read again at each login. */
  userIdFile?: string | undefined;
  /** Default "app-id". */
  mount?: string | undefined;
}

/**
 * Log in by app-id and user-id (Vault up to 1.11).
 *
 * @throws VaultError `VAULT_INVALID_OPTION` unless exactly one of `userId` and `userIdFile` is given
 * @example appId({ appId: "todo-3f2a", userIdFile: "/etc/todo/user-id" })
 */
export function appId(options: AppIdOptions): AuthMethod {
  const { appId, userId, userIdFile } = options;
  if ((userId === undefined) === (userIdFile === undefined)) {
    throw invalidOption("app-id: give either userId or userIdFile");
  }
  const mount = trimSlashes(options.mount ?? "app-id");
  const path = `auth/${mount}/login`;
  encodePath(path);
  const readAppId = given(appId, "appId");
  const readUserId = userId === undefined ? fromFile(userIdFile ?? "", "user-id") : given(userId, "userId");
  const name = `app-id login at auth/${mount}`;
  return {
    name,
    repeatable: true,
    async logIn(client, { signal }) {
      const body = { app_id: (await readAppId()).reveal(), user_id: (await readUserId()).reveal() };
      const login = { method: "POST", path, body, token: null, purpose: "login", issues: false, phase: name } as const;
      return tokenGrant(await client.request({ ...login, signal }), name);
    },
  };
}
