import { backoffDelay, type Clock } from "@minicluster/core";
import { Bell } from "./bell.ts";
import { firstAddress, instanceFromSrv, type SrvTarget, srvTargets, timeToLiveMs } from "./dns-answer.ts";
import { type DnsOptions, type DnsSettings, dnsName, dnsSettings } from "./dns-options.ts";
import { DnsResolver } from "./dns-resolver.ts";
import { DiscoveryError } from "./errors.ts";
import type { Instance } from "./instance.ts";
import type { Source, SourceContext, SourceQuery, SourceSink } from "./source.ts";

/**
 * Instances from Consul's DNS (or a server that forwards to it): SRV for services, A and AAAA for nodes. It finds, but
 * can't announce, and learns of a change at the next poll.
 *
 * @throws DiscoveryError `INVALID_OPTION`
 * @example new Discovery({ source: dns({ address: "127.0.0.1:8600" }) })
 */
export function dns(options: DnsOptions = {}): Source {
  return new DnsSource(dnsSettings(options));
}

/** However long the TTL, and however long a negative answer claims to hold. */
const longestMs = 60_000;
const longestNegativeMs = 5_000;
const awayCapMs = 800;

class DnsSource implements Source {
  readonly name: string;
  readonly unreachableCode = "DNS_UNREACHABLE";
  readonly answersHaveTags = false;
  readonly supportsNear = false;
  readonly #settings: DnsSettings;
  readonly #back = new Bell();
  readonly #nodes = new Map<string, { address: string; until: number }>();

  constructor(settings: DnsSettings) {
    this.#settings = settings;
    this.name = dnsName(settings);
  }

  async follow(query: SourceQuery, sink: SourceSink, context: SourceContext): Promise<void> {
    const { clock, random, signal } = context;
    let failures = 0;
    while (!signal.aborted) {
      let pauseMs: number;
      try {
        const { instances, ttlMs } = await this.#instances(query, context);
        if (signal.aborted) return;
        failures = 0;
        sink.found(instances, { restarted: false });
        const capMs = instances.length === 0 ? longestNegativeMs : longestMs;
        const keptMs = Math.max(this.#settings.intervalMs, Math.min(ttlMs, capMs));
        pauseMs = keptMs * (1 + random() / 10);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        sink.lost(error);
        pauseMs = backoffDelay({ attempt: failures, random: random(), capMs: awayCapMs });
      }
      try {
        await this.#back.wait(clock, pauseMs, { signal });
      } catch {
        return;
      }
    }
  }

  async node(name: string, context: SourceContext): Promise<string> {
    const { clock, signal } = context;
    const cached = this.#nodes.get(name);
    if (cached && cached.until > clock.monotonic()) return cached.address;
    const found = await this.#address(`${name}.node.${this.#settings.domain}`, clock, signal);
    if (!found) throw new DiscoveryError("NODE_UNKNOWN", `${this.name} knows no node ${name}`);
    const keptMs = Math.max(this.#settings.intervalMs, Math.min(found.ttlMs, longestMs));
    this.#nodes.set(name, { address: found.address, until: clock.monotonic() + keptMs });
    return found.address;
  }

  registrar(): undefined {
    return undefined;
  }

  nudge(): void {
    this.#back.ring();
  }

  close(): void {}

  async #instances(query: SourceQuery, context: SourceContext): Promise<{ instances: Instance[]; ttlMs: number }> {
    const { clock, signal } = context;
    const { service, tag } = query;
    const name = `${tag === undefined ? "" : `${tag}.`}${service}.service.${this.#settings.domain}`;
    const { answer, exists } = await new DnsResolver(this.#settings, clock).ask(name, "SRV", signal);
    const ttlMs = timeToLiveMs(answer) ?? 0;
    if (!exists) return { instances: [], ttlMs };
    const instances: Instance[] = [];
    for (const target of srvTargets(answer)) {
      const address = await this.#targetAddress(target, clock, signal);
      if (address !== undefined) instances.push(instanceFromSrv(target, { service, tag, address }));
    }
    return { instances, ttlMs };
  }

  async #targetAddress(target: SrvTarget, clock: Clock, signal: AbortSignal): Promise<string | undefined> {
    return target.address ?? (await this.#address(target.target, clock, signal))?.address;
  }

  async #address(
    name: string,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<{ address: string; ttlMs: number } | undefined> {
    const resolver = new DnsResolver(this.#settings, clock);
    for (const type of ["A", "AAAA"] as const) {
      const { answer } = await resolver.ask(name, type, signal);
      const address = firstAddress(answer);
      if (address !== undefined) return { address, ttlMs: timeToLiveMs(answer) ?? 0 };
    }
    return undefined;
  }
}
