import { type Duration, durationMs } from "@minicluster/core";
import type { PickPolicy } from "./balancer.ts";
import { invalidOption } from "./errors.ts";

export interface ServiceHttpOptions {
  /** Default `round-robin`. */
  policy?: PickPolicy | undefined;
  /** How many instances a request is tried on, when connecting fails. Default 5. */
  attempts?: number | undefined;
  /** How long connecting to one instance may take. Default 2 s. */
  connectTimeout?: Duration | undefined;
  /** The domain of service names. Default "consul". */
  domain?: string | undefined;
  /** For https: authorities to trust, and our own identity for mutual TLS. */
  tls?: { ca?: string | Buffer; cert?: string | Buffer; key?: string | Buffer } | undefined;
}

export interface ServiceHttpSettings {
  readonly policy: PickPolicy;
  readonly attempts: number;
  readonly connectTimeoutMs: number;
  readonly domain: string;
  readonly tls: { ca?: string | Buffer; cert?: string | Buffer; key?: string | Buffer };
}

/** @throws DiscoveryError `INVALID_OPTION` */
export function httpSettings(options: ServiceHttpOptions): ServiceHttpSettings {
  const { policy = "round-robin", attempts = 5, domain = "consul", tls = {} } = options;
  if (!Number.isInteger(attempts) || attempts < 1) throw invalidOption(`attempts: ${attempts} is not a number from 1`);
  const connectTimeoutMs = durationMs(options.connectTimeout ?? "2s", "connectTimeout");
  if (connectTimeoutMs < 1) throw invalidOption("connectTimeout: must be at least 1 ms");
  return { policy, attempts, domain: domain.toLowerCase(), connectTimeoutMs, tls };
}
