import { hostname } from "node:os";
import { type Duration, durationMs } from "@minicluster/core";
import { invalidOption } from "./errors.ts";
import type { CheckStatus } from "./instance.ts";
import type { RegisteredCheck, Registration } from "./registrar.ts";

export interface AnnounceOptions {
  service: string;
  /** Unique in the cluster. Default: service, host name and port, so that a restart takes its own place again. */
  id?: string | undefined;
  /** Default: the address of the agent's node. */
  address?: string | undefined;
  port: number;
  tags?: readonly string[] | undefined;
  meta?: Readonly<Record<string, string>> | undefined;
  /** Without one the instance counts as passing until it is deregistered. */
  check?: HttpCheckOptions | TtlCheckOptions | undefined;
  /** How long `close()` tries to deregister while Consul is away. Default 2 s. */
  closeTimeout?: Duration | undefined;
}

interface CheckOptions {
  /** What it starts as. Default: critical for http until the agent asked, passing for ttl. */
  status?: CheckStatus | undefined;
  /**
   * The agent drops the instance once it was critical for this long, should it have died without a word; a living one
   * registers itself again. Default 30m, 0 for never; Consul takes no less than 1m.
   */
  deregisterAfter?: Duration | undefined;
}

/** The agent asks: 2xx is passing, 429 warning, anything else critical. */
export interface HttpCheckOptions extends CheckOptions {
  /** A path ("/health"), asked at the announced address or else at 127.0.0.1, or a whole URL. */
  http: string;
  /** Default 5 s. */
  interval?: Duration | undefined;
  /** Default 2 s. */
  timeout?: Duration | undefined;
  ttl?: undefined;
}

/** We report, at about 2/3 of the TTL and sooner while that fails; without a report for a whole TTL the agent says critical. */
export interface TtlCheckOptions extends CheckOptions {
  ttl: Duration;
  http?: undefined;
}

/**
 * What goes to the agent, with every default filled in.
 *
 * @throws DiscoveryError `INVALID_OPTION`
 */
export function registrationFrom(options: AnnounceOptions): Registration {
  const { service, address, port, tags = [], meta = {} } = options;
  checkServiceName(service);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalidOption(`port: ${port} is not a port number`);
  const id = options.id ?? `${service}-${hostname()}-${port}`;
  if (!/^[^\s/?#%]{1,128}$/.test(id))
    throw invalidOption(`id: ${JSON.stringify(id)} must be 1 to 128 characters without space or slash`);
  if (address !== undefined && !/^[\w.:-]+$/.test(address))
    throw invalidOption(`address: ${JSON.stringify(address)} is no address`);
  if (tags.some((tag) => typeof tag !== "string" || tag === "")) throw invalidOption("tags: each must be a text");
  const entries = Object.entries(meta);
  if (entries.length > 64 || entries.some(([key, value]) => !/^[\w-]{1,128}$/.test(key) || value.length > 512)) {
    throw invalidOption("meta: at most 64 keys of letters, digits, - and _, with values of at most 512 characters");
  }
  const check = options.check && checkFrom(options.check, { id, address, port });
  return Object.freeze({ service, id, address, port, tags: [...tags], meta: { ...meta }, check });
}

function checkFrom(
  options: HttpCheckOptions | TtlCheckOptions,
  at: { id: string; address: string | undefined; port: number },
): RegisteredCheck {
  const deregisterAfterMs = durationMs(options.deregisterAfter ?? "30m", "check.deregisterAfter");
  const common = { checkId: `service:${at.id}`, deregisterAfterMs };
  if (options.ttl !== undefined) {
    const ttlMs = durationMs(options.ttl, "check.ttl");
    if (ttlMs < 1_000) throw invalidOption("check.ttl: must be at least 1 s");
    return { ...common, ttlMs };
  }
  const intervalMs = durationMs(options.interval ?? "5s", "check.interval");
  const timeoutMs = durationMs(options.timeout ?? "2s", "check.timeout");
  if (intervalMs < 1_000) throw invalidOption("check.interval: must be at least 1 s");
  if (timeoutMs < 1) throw invalidOption("check.timeout: must be at least 1 ms");
  return { ...common, intervalMs, timeoutMs, http: checkUrl(options.http, at) };
}

function checkUrl(http: unknown, at: { address: string | undefined; port: number }): string {
  if (typeof http !== "string") throw invalidOption("check: needs http or ttl");
  const host = at.address?.includes(":") ? `[${at.address}]` : (at.address ?? "127.0.0.1");
  const url = http.startsWith("/") ? `http://${host}:${at.port}${http}` : http;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw invalidOption(`check.http: ${JSON.stringify(http)} must be a path such as "/health" or an http(s) URL`);
  }
  return url;
}

/** @throws DiscoveryError `INVALID_OPTION` when a name can't be asked for in a path and in DNS */
export function checkServiceName(service: unknown): asserts service is string {
  if (typeof service === "string" && /^[A-Za-z0-9_](?:[\w.-]{0,61}[A-Za-z0-9_])?$/.test(service)) return;
  throw invalidOption(
    `service: ${JSON.stringify(service)} is no service name; use 1 to 63 letters, digits, - or _, such as "todo"`,
  );
}
