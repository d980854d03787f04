/** A lease as it is stored: of a secret, or of a token (`auth`). */
export interface LeaseEntry {
  /** `mysql/creds/todo/VTBk5…`; of a token `auth/approle/login/h6c0…`. */
  readonly id: string;
  /** The path that issued it, its mount included. */
  readonly path: string;
  /** The token that asked for the secret, or the token itself. */
  readonly token: string;
  readonly kind: "secret" | "auth";
  readonly issuedMs: number;
  renewedMs: number;
  /** Wall time at which it ends. */
  expiresMs: number;
  readonly renewable: boolean;
  readonly ttlMs: number;
  readonly maxTtlMs: number;
  readonly periodMs?: number | undefined;
  readonly explicitMaxTtlMs?: number | undefined;
  readonly internal: Readonly<Record<string, unknown>>;
}
