/** An answer that refuses, with the status and the texts that a real Vault gives: `{"errors":[...]}`. */
export class VaultFailure extends Error {
  readonly status: number;
  readonly errors: readonly string[];

  constructor(status: number, ...errors: string[]) {
    super(errors.join("; "));
    this.status = status;
    this.errors = errors;
  }
}
