import { isIPv6 } from "node:net";
import type { Dispatcher } from "undici";
import type { Pick } from "./balancer.ts";
import type { ServiceHttpSettings } from "./http-options.ts";
import { instanceKey } from "./instance.ts";
import type { Picker } from "./picker.ts";
import { ReplayBody } from "./replay-body.ts";
import type { ServiceHost } from "./service-host.ts";

export interface ServiceRequestOptions {
  picker: Picker;
  settings: ServiceHttpSettings;
  dispatch: Dispatcher.Dispatch;
  request: Dispatcher.DispatchOptions;
  handler: Dispatcher.DispatchHandler;
  host: ServiceHost;
  origin: URL;
}

/** Methods that may be sent twice (RFC 9110 section 9.2.2). */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
/** Failures that say a connection was lost; a timeout does not. */
const lostCodes = new Set(["UND_ERR_SOCKET", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT"]);
/** Failures that another instance would not change. */
const finalCodes = new Set(["UND_ERR_INVALID_ARG", "UND_ERR_ABORTED", "UND_ERR_DESTROYED", "UND_ERR_CLOSED"]);

/**
 * One request to a service, tried on one instance after another, each distinct: when nothing was sent (connecting
 * failed), whatever the method; when the connection was lost before an answer began, only where the method is idempotent
 * and the body can be read again. So a POST is never sent twice.
 */
export class ServiceRequest {
  readonly #options: ServiceRequestOptions;
  readonly #tried = new Set<string>();
  readonly #body: Dispatcher.DispatchOptions["body"] | ReplayBody;

  constructor(options: ServiceRequestOptions) {
    this.#options = options;
    const { body, method } = options.request;
    this.#body = idempotent.has(method) && isAsyncIterable(body) ? new ReplayBody(body) : body;
  }

  start(): void {
    void this.#next(undefined);
  }

  async #next(failure: Error | undefined): Promise<void> {
    const { picker, settings, handler, host } = this.#options;
    let pick: Pick;
    try {
      pick = await picker.pick(host.service, { tag: host.tag, policy: settings.policy, avoid: this.#tried });
    } catch (error) {
      handler.onResponseError?.(noController, failure ?? (error as Error));
      return;
    }
    try {
      this.#send(pick);
    } catch (error) {
      pick.release();
      handler.onResponseError?.(noController, error as Error);
    }
  }

  #send(pick: Pick): void {
    const { dispatch, request, handler, origin } = this.#options;
    const { instance } = pick;
    this.#tried.add(instanceKey(instance));
    const address = isIPv6(instance.address) ? `[${instance.address}]` : instance.address;
    let sent = false;
    let answered = false;
    const routed = {
      ...request,
      origin: `${origin.protocol}//${address}:${origin.port || instance.port}`,
      headers: withHost(request.headers, origin.host),
      body: this.#body as Dispatcher.DispatchOptions["body"],
    };
    dispatch(routed as Dispatcher.DispatchOptions, {
      onRequestStart: (controller, context) => {
        sent = true;
        handler.onRequestStart?.(controller, context);
      },
      onRequestUpgrade: (controller, status, headers, socket) => {
        pick.release();
        handler.onRequestUpgrade?.(controller, status, headers, socket);
      },
      onResponseStart: (controller, status, headers, message) => {
        answered = true;
        handler.onResponseStart?.(controller, status, headers, message);
      },
      onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
      onResponseEnd: (controller, trailers) => {
        pick.release();
        handler.onResponseEnd?.(controller, trailers);
      },
      onResponseError: (controller, error) => {
        const aborted = controller?.aborted === true || finalCodes.has(codeOf(error));
        pick.release({ failed: !aborted && (!sent || lostCodes.has(codeOf(error))) });
        if (!aborted && !answered && this.#mayRetry(sent, error)) void this.#next(error);
        else handler.onResponseError?.(controller, error);
      },
    });
  }

  #mayRetry(sent: boolean, error: Error): boolean {
    if (this.#tried.size >= this.#options.settings.attempts) return false;
    if (!sent) return true;
    return lostCodes.has(codeOf(error)) && idempotent.has(this.#options.request.method) && this.#replayable();
  }

  #replayable(): boolean {
    const body = this.#body;
    if (body instanceof ReplayBody) return body.replayable;
    return body === null || body === undefined || typeof body === "string" || ArrayBuffer.isView(body);
  }
}

/** For a request that failed before there was anything to control. */
const noController: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  abort() {},
  pause() {},
  resume() {},
};

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? "";
}

/** A body of `fetch`; streams, which undici treats in its own way, are left alone. */
function isAsyncIterable(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body && !("pipe" in body);
}

/** The headers with the service's name as Host, which makes it the name that TLS asks for, too. */
function withHost(headers: Dispatcher.DispatchOptions["headers"], host: string): Dispatcher.DispatchOptions["headers"] {
  if (!headers) return { host };
  if (Array.isArray(headers)) {
    const named = headers.some((name, at) => at % 2 === 0 && typeof name === "string" && name.toLowerCase() === "host");
    return named ? headers : [...headers, "host", host];
  }
  const entries = (Symbol.iterator in headers ? [...headers] : Object.entries(headers)) as [string, string][];
  const named = entries.some(([name]) => name.toLowerCase() === "host");
  return Object.fromEntries(named ? entries : [...entries, ["host", host]]);
}
