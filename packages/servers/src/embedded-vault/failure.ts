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

/** A text as Go's `multierror` prints a list of one: Vault answers so where its own code failed, not its engine. */
export function oneError(text: string): string {
  return `1 error occurred:\n\t* ${text}\n\n`;
}
