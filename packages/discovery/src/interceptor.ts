import type { Dispatcher } from "undici";
import { httpSettings, type ServiceHttpOptions } from "./http-options.ts";
import type { Picker } from "./picker.ts";
import { serviceOfHost } from "./service-host.ts";
import { ServiceRequest } from "./service-request.ts";

/**
 * Sends requests to `http://NAME.service.consul/` (and `TAG.NAME.service.consul`) to an instance of that service; others
 * pass untouched. See {@link ServiceRequest} for what is tried again.
 *
 * @throws DiscoveryError `INVALID_OPTION`
 * @example setGlobalDispatcher(new Agent().compose(interceptor(discovery)));
 */
export function interceptor(picker: Picker, options: ServiceHttpOptions = {}): Dispatcher.DispatcherComposeInterceptor {
  const settings = httpSettings(options);
  return (dispatch) => (request, handler) => {
    const origin = originOf(request.origin);
    const host = origin && serviceOfHost(origin.hostname, settings.domain);
    if (!host) return dispatch(request, handler);
    new ServiceRequest({ picker, settings, dispatch, request, handler, host, origin }).start();
    return true;
  };
}

function originOf(origin: string | URL | undefined): URL | undefined {
  if (origin instanceof URL) return origin;
  return origin !== undefined && URL.canParse(origin) ? new URL(origin) : undefined;
}
