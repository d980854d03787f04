/** An answer that refuses: a status and plain text, as Consul gives it. */
export class ConsulFailure extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, text: string, headers: Readonly<Record<string, string>> = {}) {
    super(text);
    this.status = status;
    this.headers = headers;
  }
}

/** 501, for what Consul has and the embedded one has not. */
export function notImplemented(what: string): ConsulFailure {
  return new ConsulFailure(501, `embedded Consul: ${what} is not implemented`);
}
