import type { TokenGrant } from "./answer.ts";
import type { VaultClient } from "./client.ts";

/** A way to a token. Made by `appId()`, `appRole()` or `token()`. */
export interface AuthMethod {
  /** For messages: `app-id login at auth/app-id`. Never an id. */
  readonly name: string;
  /** Whether it can log in anew. A token from elsewhere can't, and isn't revoked at close either. */
  readonly repeatable: boolean;
  logIn(client: VaultClient, options: { signal: AbortSignal }): Promise<TokenGrant>;
}
