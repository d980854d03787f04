import { Agent, type Dispatcher, fetch, type RequestInit, type Response } from "undici";
import { invalidOption } from "./errors.ts";
import { httpSettings, type ServiceHttpOptions } from "./http-options.ts";
import { interceptor } from "./interceptor.ts";
import type { Picker } from "./picker.ts";

/**
 * The one place where our HTTP client is made: an undici dispatcher that knows the services of a discovery.
 * The caller closes it.
 *
 * @throws DiscoveryError `INVALID_OPTION`
 */
export function serviceDispatcher(picker: Picker, options: ServiceHttpOptions = {}): Dispatcher {
  const { connectTimeoutMs, tls } = httpSettings(options);
  return new Agent({ connect: { ...tls, timeout: connectTimeoutMs } }).compose(interceptor(picker, options));
}

/** `fetch` for the paths of one service. */
export type ServiceFetch = (path: string, init?: RequestInit) => Promise<Response>;

/**
 * `fetch("/invoices")` on an instance of a service, through `dispatcher`.
 *
 * @throws DiscoveryError `INVALID_OPTION` for a path that leaves the service
 * @example
 * const billing = serviceFetch("billing", { dispatcher: serviceDispatcher(discovery) });
 * const response = await billing("/invoices", { signal });
 */
export function serviceFetch(
  service: string,
  options: { dispatcher: Dispatcher; tag?: string | undefined; secure?: boolean; domain?: string | undefined },
): ServiceFetch {
  const { dispatcher, tag, secure = false, domain = "consul" } = options;
  const origin = `${secure ? "https" : "http"}://${tag === undefined ? "" : `${tag}.`}${service}.service.${domain}`;
  return async (path, init) => {
    const url = new URL(path, origin);
    if (url.origin !== new URL(origin).origin) {
      throw invalidOption(`path: ${JSON.stringify(path)} leads away from ${service}; write a path such as "/invoices"`);
    }
    return await fetch(url, { ...init, dispatcher });
  };
}
