import { type ErrorKind, MiniclusterError } from "@minicluster/core";

/** Every code of this package; the README says what each means and what to do. */
export type VaultErrorCode =
  | "VAULT_BAD_ANSWER"
  | "VAULT_BUSY"
  | "VAULT_CAS_MISMATCH"
  | "VAULT_CLOSED"
  | "VAULT_DENIED"
  | "VAULT_FAILED"
  | "VAULT_INVALID_OPTION"
  | "VAULT_ISSUE_LIMIT"
  | "VAULT_LEASE_GONE"
  | "VAULT_LOGIN_REFUSED"
  | "VAULT_NOT_FOUND"
  | "VAULT_REDIRECT_REFUSED"
  | "VAULT_REFUSED"
  | "VAULT_SEALED"
  | "VAULT_STANDBY"
  | "VAULT_UNCHANGED"
  | "VAULT_UNINITIALIZED"
  | "VAULT_UNREACHABLE"
  | "VAULT_WRAPPING_GONE";

export interface VaultErrorOptions {
  code: VaultErrorCode;
  kind: ErrorKind;
  message: string;
  status?: number | undefined;
  path?: string | undefined;
  mayHaveIssued?: boolean | undefined;
  retryAfterMs?: number | undefined;
}

/** The one error of this package. It never holds a token, a request's body or the error of a library below. */
export class VaultError extends MiniclusterError {
  declare readonly code: VaultErrorCode;
  /** The HTTP status, where one came. */
  readonly status: number | undefined;
  /** The path that was asked for. */
  readonly path: string | undefined;
  /** Whether Vault may have done what was asked: sent, but the outcome is not known. */
  readonly mayHaveIssued: boolean;

  constructor(options: VaultErrorOptions) {
    super(options);
    this.status = options.status;
    this.path = options.path;
    this.mayHaveIssued = options.mayHaveIssued ?? false;
  }
}

/** The error of a wrong setting: what is wrong, and what to write. */
export function invalidOption(message: string): VaultError {
  return new VaultError({ code: "VAULT_INVALID_OPTION", kind: "invalid", message });
}

/** The error of everything that is asked of a part after its `close()`. */
export function closedError(name: string): VaultError {
  return new VaultError({ code: "VAULT_CLOSED", kind: "invalid", message: `${name}: closed` });
}
