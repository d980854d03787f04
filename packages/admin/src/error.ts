import { type ErrorKind, MiniclusterError } from "@minicluster/core";

/** Every code of this package; the README says what each means and what to do. */
export type AdminErrorCode =
  | "ADMIN_INVALID_OPTION"
  | "ADMIN_MYSQL_REFUSED"
  | "ADMIN_MYSQL_UNREACHABLE"
  | "ADMIN_NOT_CONFIGURED"
  | "ADMIN_NOT_FOUND"
  | "ADMIN_TEST_FAILED"
  | "ADMIN_UNSEAL_REFUSED"
  | "ADMIN_VAULT_FAILED";

export interface AdminErrorOptions {
  code: AdminErrorCode;
  kind: ErrorKind;
  message: string;
}

/** The one error of this package. It never holds a secret, nor the error of a library below, which might. */
export class AdminError extends MiniclusterError {
  declare readonly code: AdminErrorCode;

  constructor(options: AdminErrorOptions) {
    super(options);
  }
}

/** The error of a wrong setting: which one, and what to write. */
export function invalidOption(message: string): AdminError {
  return new AdminError({ code: "ADMIN_INVALID_OPTION", kind: "invalid", message });
}
