import type { Dispatcher } from "undici";

export interface ExchangeRequest {
  dispatcher: Dispatcher;
  url: URL;
  method: "GET" | "POST" | "PATCH" | "DELETE";
  headers: Record<string, string>;
  body?: string | undefined;
  signal: AbortSignal;
  maxBytes: number;
  /** Called when the request goes out on a connection: from now on its outcome is not known. */
  onSent: () => void;
}

export interface ExchangeAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** An answer longer than `maxBytes`. */
export class TooLong extends Error {}

/**
 * One HTTP request and its whole answer. No redirect, no proxy, no retry, no timer of its own: `signal` ends it.
 *
 * @throws undici's error, {@link TooLong}, or the signal's reason
 */
export function exchange(request: ExchangeRequest): Promise<ExchangeAnswer> {
  const { dispatcher, url, signal } = request;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let controller: Dispatcher.DispatchController | undefined;
    const onAbort = (): void => {
      controller?.abort(asError(signal.reason));
      reject(signal.reason);
    };
    const done = (): void => signal.removeEventListener("abort", onAbort);
    const fail = (error: unknown): void => {
      done();
      reject(error);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    let status = 0;
    let headers: ExchangeAnswer["headers"] = {};
    let size = 0;
    const chunks: Buffer[] = [];
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started;
        if (signal.aborted) return started.abort(asError(signal.reason));
        request.onSent();
      },
      onResponseStart(_controller, code, answered) {
        status = code;
        headers = answered;
      },
      onResponseData(started, chunk) {
        size += chunk.length;
        if (size > request.maxBytes) return started.abort(new TooLong());
        chunks.push(chunk);
      },
      onResponseEnd() {
        done();
        resolve({ status, headers, text: Buffer.concat(chunks).toString("utf8") });
      },
      onResponseError: (_controller, error) => fail(error),
    };
    const { origin, pathname, search } = url;
    const { method, body = null } = request;
    dispatcher.dispatch(
      { origin, path: pathname + search, method, headers: request.headers, body, headersTimeout: 0, bodyTimeout: 0 },
      handler,
    );
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted");
}
