import { setMaxListeners } from "node:events";
import type { Agent as HttpAgent } from "node:http";
import {
  type Clock,
  type Duration,
  durationMs,
  Emitter,
  kindOf,
  LinkedSignal,
  runOnce,
  systemClock,
  withDeadline,
} from "@minicluster/core";
import type { Dispatcher } from "undici";
import { type AnnounceOptions, registrationFrom } from "./announce-options.ts";
import { Announcement, type AnnouncementEvents } from "./announcement.ts";
import { Balancer, type Pick, type PickPolicy } from "./balancer.ts";
import { DiscoveryError, invalidOption } from "./errors.ts";
import { type ServiceAgentOptions, serviceAgent } from "./http-agent.ts";
import type { ServiceHttpOptions } from "./http-options.ts";
import type { Instance } from "./instance.ts";
import { interceptor } from "./interceptor.ts";
import { nobody, unreachable } from "./lookup-errors.ts";
import type { NodeOptions, PickOptions, ResolveOptions } from "./pick-options.ts";
import { type ServiceFetch, serviceDispatcher, serviceFetch } from "./service-fetch.ts";
import { ServiceWatch } from "./service-watch.ts";
import type { Source } from "./source.ts";
import { type ServiceFilter, Table } from "./table.ts";
import type { View, ViewChange } from "./view.ts";

export interface DiscoveryOptions {
  /** `consul()`, `dns()` or `fixed()`. */
  source: Source;
  /** How long a look-up waits for a service's first answer. Default 5 s. */
  timeout?: Duration | undefined;
  /** For the requests of `fetch()`. */
  http?: ServiceHttpOptions | undefined;
  clock?: Clock | undefined;
  /** Default `Math.random`. */
  random?: (() => number) | undefined;
}

export interface DiscoveryEvents extends AnnouncementEvents {
  /** A list that somebody uses changed. */
  changed: ViewChange & { service: string; tag: string | undefined };
  /** The source went away; the last good instances are kept. Once a query and time. */
  stale: { service: string; source: string; error: unknown };
  /** The source is back. */
  fresh: { service: string; source: string };
}

const policies: readonly PickPolicy[] = ["round-robin", "random", "least-outstanding"];

/**
 * Finds services and announces them.
 *
 * @example
 * await using discovery = new Discovery({ source: consul() });
 * const [billing] = await discovery.resolve("billing");
 */
export class Discovery implements AsyncDisposable {
  readonly events: Emitter<DiscoveryEvents> = new Emitter("discovery");
  readonly source: Source;
  /** Deregisters what is announced and ends every watch. Any number of calls. */
  readonly close: () => Promise<void> = runOnce(() => this.#close());
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #timeoutMs: number;
  readonly #table: Table;
  readonly #balancers = new Map<string, Balancer>();
  readonly #announcements = new Set<Announcement>();
  readonly #nodes = new Map<string, string>();
  readonly #closing = new AbortController();
  readonly #http: ServiceHttpOptions;
  #dispatcher: Dispatcher | undefined;

  constructor(options: DiscoveryOptions) {
    const { source, clock = systemClock, random = Math.random, timeout = "5s" } = options;
    this.source = source;
    this.#clock = clock;
    this.#random = random;
    this.#timeoutMs = durationMs(timeout, "timeout");
    this.#http = options.http ?? {};
    // Every watch listens to it.
    setMaxListeners(0, this.#closing.signal);
    this.#table = new Table({
      source,
      clock,
      random,
      onChange: (event) => this.events.emit("changed", event),
      onStale: (event) => this.events.emit("stale", event),
      onFresh: (event) => this.events.emit("fresh", event),
    });
  }

  /**
   * The instances of a service, never none. From the local table, without network, once the service was asked for
   * before; while the source is away, the last good ones.
   *
   * @throws DiscoveryError `SERVICE_UNKNOWN`, `NO_USABLE_INSTANCE`; `CONSUL_UNREACHABLE` (or `DNS_UNREACHABLE`) when there
   * was no answer within the timeout; `CONSUL_REFUSED`, `INVALID_OPTION`, `CLOSED`; the signal's reason
   */
  async resolve(service: string, options: ResolveOptions = {}): Promise<readonly Instance[]> {
    const view = this.#table.view(service, options);
    if (!view.answered) await this.#firstAnswer(service, view, options);
    if (view.current.length > 0) return view.current;
    throw nobody(this.source, { ...options, service }, view);
  }

  /**
   * The address of a node; the last good one while the source is away.
   *
   * @throws DiscoveryError `NODE_UNKNOWN`, `CONSUL_UNREACHABLE`, `CONSUL_REFUSED`; the signal's reason
   */
  async node(name: string, options: NodeOptions = {}): Promise<string> {
    if (typeof name !== "string" || !/^[\w.-]{1,253}$/.test(name))
      throw invalidOption(`node: ${JSON.stringify(name)} is no node name`);
    const clock = this.#clock;
    const deadline = { clock, ms: this.#waitMs(options), phase: `looking up node ${name}`, signal: options.signal };
    try {
      const address = await withDeadline(deadline, async (signal) => {
        using until = new LinkedSignal(signal, this.#closing.signal);
        return await this.source.node(name, { clock, random: this.#random, signal: until.signal });
      });
      this.#nodes.set(name, address);
      return address;
    } catch (error) {
      options.signal?.throwIfAborted();
      const known = this.#nodes.get(name);
      const unknown = error instanceof DiscoveryError && error.code === "NODE_UNKNOWN";
      if (known !== undefined && !unknown && kindOf(error) === "unreachable") return known;
      if (error instanceof DiscoveryError) throw error;
      throw unreachable(this.source, `looking up node ${name}`, error);
    }
  }

  /** Follows a service until the watch is closed. Does not wait. @throws `INVALID_OPTION`, `UNSUPPORTED`, `CLOSED` */
  watch(service: string, options: ServiceFilter = {}): ServiceWatch {
    const { view, release } = this.#table.useView(service, options);
    return new ServiceWatch(service, view, { release, closing: this.#closing.signal });
  }

  /**
   * One instance, counted as busy until it is released. Where the last one went away less than 10 s ago, it is still
   * picked: an agent that restarts loses its services for a moment, and nobody to ask is worse than an old address.
   * Where all are critical, they are picked all the same: they recover before their checks say so.
   *
   * @throws as `resolve`; `NO_USABLE_INSTANCE` too when all are in `avoid`
   * @example
   * const { instance, release } = await discovery.pick("billing", { policy: "least-outstanding" });
   * try { await call(instance); release(); } catch (error) { release({ failed: true }); throw error; }
   */
  async pick(service: string, options: PickOptions = {}): Promise<Pick> {
    const { policy = "round-robin", avoid } = options;
    if (!policies.includes(policy))
      throw invalidOption(`policy: ${JSON.stringify(policy)} is none of ${policies.join(", ")}`);
    const { lastResort } = this.#table.view(service, options);
    const instances = lastResort.length > 0 ? lastResort : await this.resolve(service, options);
    const picked = this.#balancer(service).pick(instances, { policy, avoid });
    if (picked) return picked;
    throw new DiscoveryError(
      "NO_USABLE_INSTANCE",
      `all ${instances.length} instances of ${service} were tried already`,
    );
  }

  /**
   * Announces an instance and keeps it announced until it is closed. Does not wait for Consul.
   *
   * @throws DiscoveryError `INVALID_OPTION`, `UNSUPPORTED` where the source can't announce, `CLOSED`
   * @example discovery.announce({ service: "todo", port: 8080, check: { http: "/health", interval: "5s" } });
   */
  announce(options: AnnounceOptions): Announcement {
    this.#closing.signal.throwIfAborted();
    const registration = registrationFrom(options);
    const closeTimeoutMs = durationMs(options.closeTimeout ?? "2s", "closeTimeout");
    const registrar = this.source.registrar(this.#clock);
    if (!registrar) throw new DiscoveryError("UNSUPPORTED", `${this.source.name} can't announce; Consul over HTTP can`);
    const { feed, release } = this.#table.useFeed({ service: registration.service });
    const announcement = new Announcement({
      registration,
      registrar,
      feed,
      clock: this.#clock,
      random: this.#random,
      status: options.check?.status,
      closeTimeoutMs,
      onClose: () => {
        this.#announcements.delete(announcement);
        release();
      },
    });
    announcement.events.on("registered", (event) => this.events.emit("registered", event));
    announcement.events.on("failed", (event) => this.events.emit("failed", event));
    announcement.events.on("deregistered", (event) => this.events.emit("deregistered", event));
    this.#announcements.add(announcement);
    announcement.start();
    return announcement;
  }

  /**
   * An undici interceptor for `http://NAME.service.consul/`: the origin is chosen for each request, Host and SNI keep
   * the service's name, and the next distinct instance is tried when connecting fails.
   *
   * @throws DiscoveryError `INVALID_OPTION`
   * @example setGlobalDispatcher(new Agent().compose(discovery.interceptor()));
   */
  interceptor(options: ServiceHttpOptions = {}): Dispatcher.DispatcherComposeInterceptor {
    return interceptor(this, options);
  }

  /** The same for node:http, and with `secure` for node:https. The caller destroys it. @throws `INVALID_OPTION` */
  agent(options: ServiceAgentOptions = {}): HttpAgent {
    return serviceAgent(this, { clock: this.#clock, ...options });
  }

  /**
   * `fetch` for the paths of one service, over connections that `close()` ends.
   *
   * @example const billing = discovery.fetch("billing"); await billing("/invoices");
   */
  fetch(service: string, options: { tag?: string | undefined; secure?: boolean } = {}): ServiceFetch {
    this.#closing.signal.throwIfAborted();
    this.#dispatcher ??= serviceDispatcher(this, this.#http);
    return serviceFetch(service, { ...options, dispatcher: this.#dispatcher, domain: this.#http.domain });
  }

  /** The source is known to be back: what waits out a backoff tries at once. */
  nudge(): void {
    this.source.nudge();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#closing.abort(new DiscoveryError("CLOSED", "the discovery is closed"));
    await Promise.all([...this.#announcements].map((announcement) => announcement.close()));
    await this.#table.close();
    await this.#dispatcher?.destroy();
    this.source.close();
  }

  #balancer(service: string): Balancer {
    const known = this.#balancers.get(service);
    if (known) return known;
    const balancer = new Balancer(this.#clock, this.#random);
    this.#balancers.set(service, balancer);
    return balancer;
  }

  #waitMs({ timeout }: { timeout?: Duration | undefined }): number {
    return timeout === undefined ? this.#timeoutMs : durationMs(timeout, "timeout");
  }

  async #firstAnswer(service: string, view: View, options: ResolveOptions): Promise<void> {
    const phase = `looking up ${service}`;
    const deadline = { clock: this.#clock, ms: this.#waitMs(options), phase, signal: options.signal };
    try {
      await withDeadline(deadline, async (signal) => {
        using until = new LinkedSignal(signal, this.#closing.signal);
        await view.firstAnswer(until.signal);
      });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof DiscoveryError || kindOf(error) === "refused") throw error;
      throw unreachable(this.source, phase, view.feed.error ?? error);
    }
  }
}
