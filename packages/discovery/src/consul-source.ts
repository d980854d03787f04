import type { Clock } from "@minicluster/core";
import { blockingQuery } from "./blocking-query.ts";
import { instancesFromHealth } from "./consul-answer.ts";
import { ConsulClient } from "./consul-client.ts";
import { type ConsulOptions, consulSettings } from "./consul-options.ts";
import { ConsulRegistrar } from "./consul-registrar.ts";
import { DiscoveryError } from "./errors.ts";
import type { Registrar } from "./registrar.ts";
import type { Source, SourceContext, SourceQuery, SourceSink } from "./source.ts";

/**
 * Instances from a Consul agent's HTTP API: one blocking query a service feeds a local table.
 *
 * @throws DiscoveryError `INVALID_OPTION`
 * @example new Discovery({ source: consul({ address: "127.0.0.1:8500", token: () => tokens.current }) })
 */
export function consul(options: ConsulOptions = {}): Source {
  return new ConsulSource(new ConsulClient(consulSettings(options)));
}

/** An agent takes 200 connections from one address; beyond this many, queries poll instead of holding one each. */
const mostBlocking = 100;

class ConsulSource implements Source {
  readonly unreachableCode = "CONSUL_UNREACHABLE";
  readonly answersHaveTags = true;
  readonly supportsNear = true;
  readonly #client: ConsulClient;
  readonly #following = new Set<SourceQuery>();
  #crowdedSaid = false;

  constructor(client: ConsulClient) {
    this.#client = client;
  }

  get name(): string {
    return this.#client.name;
  }

  async follow(query: SourceQuery, sink: SourceSink, context: SourceContext): Promise<void> {
    const { clock, random, signal } = context;
    const { service, near } = query;
    this.#following.add(query);
    this.#sayCrowded();
    await blockingQuery({
      clock,
      random,
      signal,
      back: this.#client.back,
      blocking: () => this.#mayBlock(query),
      read: async (index) => {
        const { waitMs, timeoutMs } = this.#client.settings;
        const blocking = index === undefined ? {} : { index: String(index), wait: `${Math.round(waitMs)}ms` };
        // Consul adds up to a sixteenth of the wait as jitter.
        const ms = index === undefined ? timeoutMs : waitMs + waitMs / 16 + timeoutMs;
        const answer = await this.#client.call({ clock, signal, ms, phase: `looking up ${service}` }, (calls, common) =>
          calls.health.service({ ...common, service, ...(near === undefined ? {} : { near }), ...blocking }),
        );
        return { index: answer.index, value: instancesFromHealth(answer.body, service) };
      },
      found: (instances, { restarted }) => sink.found(instances, { restarted }),
      failed: (error) => sink.lost(error),
    });
    this.#following.delete(query);
  }

  async node(name: string, context: SourceContext): Promise<string> {
    const { clock, signal } = context;
    const { body } = await this.#client.call({ clock, signal, phase: `looking up node ${name}` }, (calls, common) =>
      calls.catalog.node.services({ ...common, node: name }),
    );
    const address = (body as { Node?: { Address?: unknown } } | null)?.Node?.Address;
    if (typeof address === "string" && address !== "") return address;
    throw new DiscoveryError("NODE_UNKNOWN", `${this.name} knows no node ${name}`);
  }

  registrar(clock: Clock): Registrar {
    return new ConsulRegistrar(this.#client, clock);
  }

  nudge(): void {
    this.#client.back.ring();
  }

  close(): void {
    this.#client.close();
  }

  /** The first ones block; a later one does when an earlier one has ended. */
  #mayBlock(query: SourceQuery): boolean {
    let place = 0;
    for (const other of this.#following) {
      if (other === query) return true;
      place += 1;
      if (place >= mostBlocking) return false;
    }
    return false;
  }

  #sayCrowded(): void {
    if (this.#crowdedSaid || this.#following.size <= mostBlocking) return;
    this.#crowdedSaid = true;
    process.emitWarning(
      `more than ${mostBlocking} services are watched at ${this.name}, which allows 200 connections a client; those beyond share connections and are polled every second`,
      "MiniclusterWarning",
    );
  }
}
