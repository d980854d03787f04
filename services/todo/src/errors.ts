import { type ErrorKind, MiniclusterError } from "@minicluster/core";

export type TodoErrorCode =
  | "NOT_JSON"
  | "INVALID_INPUT"
  | "ABORTED"
  | "NO_SUCH_TODO"
  | "NO_SUCH_PATH"
  | "METHOD_NOT_ALLOWED"
  | "TOO_LARGE"
  | "UNSUPPORTED_ENCODING"
  | "UNEXPECTED"
  | "DATABASE_UNAVAILABLE"
  | "OUTCOME_UNKNOWN"
  | "INVALID_SETTING"
  | "CANNOT_LISTEN";

/** What each code means on the wire, or that it ends the process before there is a wire. */
const codes: Readonly<Record<TodoErrorCode, { kind: ErrorKind; status: number | undefined }>> = {
  NOT_JSON: { kind: "invalid", status: 400 },
  INVALID_INPUT: { kind: "invalid", status: 400 },
  ABORTED: { kind: "invalid", status: 400 },
  NO_SUCH_TODO: { kind: "invalid", status: 404 },
  NO_SUCH_PATH: { kind: "invalid", status: 404 },
  METHOD_NOT_ALLOWED: { kind: "invalid", status: 405 },
  TOO_LARGE: { kind: "invalid", status: 413 },
  UNSUPPORTED_ENCODING: { kind: "invalid", status: 415 },
  UNEXPECTED: { kind: "invalid", status: 500 },
  DATABASE_UNAVAILABLE: { kind: "unreachable", status: 503 },
  OUTCOME_UNKNOWN: { kind: "unreachable", status: 504 },
  INVALID_SETTING: { kind: "invalid", status: undefined },
  CANNOT_LISTEN: { kind: "invalid", status: undefined },
};

/** One thing that is wrong with the input: a key of the body, a query parameter, or `id` of the path. */
export interface InputFault {
  /** Empty when it is the body as a whole. */
  field: string;
  detail: string;
}

export interface TodoErrorOptions {
  code: TodoErrorCode;
  message: string;
  cause?: unknown;
  faults?: readonly InputFault[] | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}

/** Every error of this service. The message is shown to the client, so it holds nothing of MySQL's own words. */
export class TodoError extends MiniclusterError {
  override readonly code: TodoErrorCode;
  /** The HTTP status it is answered with; undefined for one that keeps the service from starting. */
  readonly status: number | undefined;
  readonly faults: readonly InputFault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(options: TodoErrorOptions) {
    const { code, message, cause, faults = [], headers = {} } = options;
    super({ code, kind: codes[code].kind, message, cause });
    this.code = code;
    this.status = codes[code].status;
    this.faults = faults;
    this.headers = headers;
  }
}

/** Input that is refused, with one fault; `field` is named in the message. */
export function invalidInput(field: string, detail: string): TodoError {
  return new TodoError({
    code: "INVALID_INPUT",
    message: field ? `${field} ${detail}` : `the body ${detail}`,
    faults: [{ field, detail }],
  });
}
