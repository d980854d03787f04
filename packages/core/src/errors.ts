/**
 * What a failure means for a value that is held:
 * - `unreachable`: nobody answered who could judge it. Keep the value, try again.
 * - `refused`: the server that checks the value said no.
 * - `invalid`: a setting or an input is wrong; trying again can't help.
 */
export type ErrorKind = "unreachable" | "refused" | "invalid";

export interface MiniclusterErrorOptions {
  /** Stable and upper case, listed in the README of the package that throws it. */
  code: string;
  kind: ErrorKind;
  /** What failed, on what, and what to do. Never a secret. */
  message: string;
  cause?: unknown;
  /** The earliest sensible moment of the next try, in milliseconds from now. */
  retryAfterMs?: number | undefined;
}

/** The base of every error that minicluster throws; each package has one subclass. */
export class MiniclusterError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly retryAfterMs: number | undefined;

  constructor(options: MiniclusterErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.kind = options.kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The kind of any thrown value; what is not ours counts as `unreachable`, so that it is tried again. */
export function kindOf(error: unknown): ErrorKind {
  return error instanceof MiniclusterError ? error.kind : "unreachable";
}
