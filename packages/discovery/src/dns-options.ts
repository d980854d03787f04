import { type Duration, durationMs } from "@minicluster/core";
import { DiscoveryError, invalidOption } from "./errors.ts";

export interface DnsOptions {
  /** Consul's DNS, or a server that forwards to it: "127.0.0.1:8600", "[::1]:8600", "127.0.0.1" (port 53). Default 127.0.0.1:8600. */
  address?: string | undefined;
  /** Default "consul". */
  domain?: string | undefined;
  /** How long one question may take, over UDP and TCP together. Default 5 s. */
  timeout?: Duration | undefined;
  /** An answer is kept for its TTL, but at least this long (Consul's TTL is 0 by default). Default 1 s. */
  interval?: Duration | undefined;
}

export interface DnsSettings {
  readonly host: string;
  readonly port: number;
  readonly domain: string;
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

/** The server, for errors and events. */
export function dnsName({ host, port }: DnsSettings): string {
  return `DNS at ${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** @throws DiscoveryError `INVALID_OPTION` */
export function dnsSettings(options: DnsOptions): DnsSettings {
  const { address = "127.0.0.1:8600", domain = "consul" } = options;
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:\s[\]]+))(?::(\d{1,5}))?$/i.exec(address);
  const port = Number(match?.[3] ?? 53);
  if (!match || port < 1 || port > 65_535) {
    throw invalidOption(`address: ${JSON.stringify(address)} is no DNS server; write it like 127.0.0.1:8600`);
  }
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(domain))
    throw invalidOption(`domain: ${JSON.stringify(domain)} is no domain`);
  const intervalMs = durationMs(options.interval ?? "1s", "interval");
  const timeoutMs = durationMs(options.timeout ?? "5s", "timeout");
  if (intervalMs < 50) throw invalidOption("interval: must be at least 50 ms");
  if (timeoutMs < 1) throw invalidOption("timeout: must be at least 1 ms");
  return { host: match[1] ?? match[2] ?? "", port, domain: domain.toLowerCase(), timeoutMs, intervalMs };
}

/**
 * The DNS server of an environment: CONSUL_DNS_ADDR.
 *
 * @throws DiscoveryError `INVALID_ENVIRONMENT`, naming the variable
 * @example new Discovery({ source: dns(dnsOptionsFromEnv(process.env)) })
 */
export function dnsOptionsFromEnv(env: Readonly<Record<string, string | undefined>>): DnsOptions {
  const address = env["CONSUL_DNS_ADDR"] || undefined;
  try {
    dnsSettings({ address });
  } catch (error) {
    const problem = (error as Error).message.replace(/^address: /, "");
    throw new DiscoveryError("INVALID_ENVIRONMENT", `CONSUL_DNS_ADDR: ${problem}`);
  }
  return { address };
}
