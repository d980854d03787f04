import { randomUUID } from "node:crypto";
import { abortable, type Clock, durationMs, type Secret, sleep } from "@minicluster/core";
import type { Consul, ConsulService } from "../consul.ts";
import { EmbeddedServer } from "../embedded/embedded-server.ts";
import { HttpListener } from "../embedded/http-listener.ts";
import { ServersError } from "../errors.ts";
import { http } from "../http.ts";
import type { Place } from "../sandbox.ts";
import { type Agent, consulVersion } from "./agent.ts";
import { AntiEntropy } from "./anti-entropy.ts";
import type { CatalogTable } from "./catalog-table.ts";
import { DnsResponder } from "./dns-responder.ts";
import { DnsServer } from "./dns-server.ts";
import { every } from "./every.ts";
import { ConsulFailure } from "./failure.ts";
import { Gossip, type Member } from "./gossip.ts";
import { HttpFace } from "./http-face.ts";
import { LocalServices } from "./local-services.ts";
import { reconcile } from "./reconcile.ts";
import type { Reached, Servers } from "./servers.ts";
import { Span } from "./span.ts";
import { State } from "./state.ts";
import { SyncLoop } from "./sync-loop.ts";
import { isFor } from "./user-event-filter.ts";
import { UserEventLog } from "./user-event-log.ts";

export interface AgentPorts {
  http: number;
  dns: number;
  gossip: number;
  /** A name in answers only: nothing listens on it. */
  rpc: number;
}

export interface EmbeddedAgentOptions {
  name: string;
  place: Place;
  ports: AgentPorts;
  /** The server that a client belongs to; undefined for a server. */
  join?: EmbeddedAgent | undefined;
  /** How long a server that was started takes to lead. */
  electionMs: number;
  clock?: Clock | undefined;
}

/** Between two looks for services that were critical for too long. */
const reapMs = 30_000;

/** A Consul agent inside this process. What a server agreed on stands for its data directory: it survives kill and restart. */
export class EmbeddedAgent extends EmbeddedServer implements Consul, Agent, Servers {
  readonly version: string = consulVersion;
  readonly mode: "server" | "client";
  readonly address: string;
  readonly dnsAddress: string;
  readonly gossipAddress: string;
  readonly bootstrapToken: Secret | undefined = undefined;
  readonly nodeId: string = randomUUID();
  readonly ports: AgentPorts;
  readonly local: LocalServices;
  readonly gossip: Gossip;
  readonly userEvents: UserEventLog = new UserEventLog();
  readonly #join: EmbeddedAgent | undefined;
  readonly #electionMs: number;
  readonly #state: State = new State();
  readonly #listener: HttpListener;
  readonly #face: HttpFace;
  readonly #dns: DnsServer;
  readonly #antiEntropy: AntiEntropy;
  #reached: Promise<Reached> | undefined;
  #loop: SyncLoop | undefined;

  constructor(options: EmbeddedAgentOptions) {
    super(options);
    const { ports, join } = options;
    this.ports = ports;
    this.mode = join ? "client" : "server";
    this.address = `http://127.0.0.1:${ports.http}`;
    this.dnsAddress = `127.0.0.1:${ports.dns}`;
    this.gossipAddress = `127.0.0.1:${ports.gossip}`;
    this.#join = join;
    this.#electionMs = options.electionMs;
    const passed = (): Promise<void> => this.gate.passed();
    this.gossip = join?.gossip ?? new Gossip(this.clock);
    this.local = new LocalServices({ clock: this.clock, passed, changed: () => this.#loop?.trigger() });
    this.#antiEntropy = new AntiEntropy(this, this.local);
    this.#face = new HttpFace({ agent: this, passed, note: (line) => this.note(line) });
    const catalog = async (signal: AbortSignal): Promise<CatalogTable> => (await this.reach(signal)).state.catalog;
    this.#dns = new DnsServer({
      host: "127.0.0.1",
      port: ports.dns,
      responder: new DnsResponder({ catalog, now: () => this.clock.now() }),
      clock: this.clock,
      passed,
      note: (line) => this.note(line),
    });
    this.#listener = new HttpListener({
      host: "127.0.0.1",
      port: ports.http,
      gate: this.gate,
      onRequest: (message, response) => void this.#face.serve(message, response),
    });
  }

  get servers(): Servers {
    return this;
  }

  get leader(): string {
    return this.#join ? this.#join.leader : `127.0.0.1:${this.ports.rpc}`;
  }

  async reach(signal: AbortSignal): Promise<Reached> {
    if (this.#join) return await this.#join.reach(signal);
    // Ended before it led.
    const reached = await this.#reached?.catch(() => undefined);
    await abortable(reached?.passed() ?? Promise.resolve(), signal);
    if (!reached || !this.running) throw new ConsulFailure(500, "No known Consul servers");
    return reached;
  }

  async sync(signal: AbortSignal): Promise<void> {
    await this.#antiEntropy.syncChanges(signal).catch((error: unknown) => {
      this.note(`[ERROR] agent.http: failed to sync changes: ${(error as Error).message}`);
      this.#loop?.trigger();
    });
  }

  async register({ name, address, port, interval = "1s" }: ConsulService): Promise<void> {
    const every = `${durationMs(interval, "interval")}ms`;
    const check = { TCP: `${address}:${port}`, Interval: every, Timeout: "1s", Status: "passing" };
    const body = { Name: name, ID: name, Address: address, Port: port, Check: check };
    const answer = await http({ url: `${this.address}/v1/agent/service/register`, method: "PUT", body });
    if (answer.status === 200) return;
    throw new ServersError("REQUEST_FAILED", `registering ${name} with ${this.name}: ${answer.status} ${answer.text}`);
  }

  override async pause(): Promise<void> {
    await super.pause();
    this.gossip.silent(this);
  }

  override async resume(): Promise<void> {
    await super.resume();
    this.#beHeard();
  }

  override async close(): Promise<void> {
    await super.close();
    if (!this.#join) this.gossip.close();
  }

  protected override async open(signal: AbortSignal): Promise<void> {
    this.note("[WARN]  agent: this is minicluster's embedded Consul: for development and tests, not for production");
    this.#beHeard();
    this.#hear(signal);
    if (!this.#join) this.#reached = this.#lead(signal);
    this.#reached?.catch(() => {});
    await this.#listener.open();
    await this.#dns.open(signal);
    this.local.start();
    const passed = (): Promise<void> => this.gate.passed();
    const note = (line: string): void => this.note(line);
    const { clock } = this;
    this.#loop = new SyncLoop({ clock, antiEntropy: this.#antiEntropy, signal, passed, note });
    void every({ clock, ms: reapMs, signal, passed }, () => this.local.reap());
    if (this.#electionMs === 0) await this.#loop.once();
  }

  /** SIGTERM does not make it leave: leave_on_terminate is off. */
  protected override async farewell(): Promise<void> {}

  protected override async cut(): Promise<void> {
    this.#reached = undefined;
    this.#loop = undefined;
    this.gossip.silent(this);
    this.local.stop();
    this.#face.end(new ConsulFailure(500, "the agent ended"));
    await Promise.all([this.#listener.cut(), this.#dns.cut()]);
  }

  #beHeard(): void {
    const { name, nodeId, mode, ports } = this;
    this.gossip.alive({ name, nodeId, mode, port: ports.gossip, rpcPort: ports.rpc });
  }

  /** What was fired while it did not run it never hears of. */
  #hear(signal: AbortSignal): void {
    this.userEvents.clear();
    const { name, local } = this;
    const off = this.gossip.userEvents.listen((event) => {
      void this.gate.passed().then(() => {
        if (!signal.aborted && isFor(event, { name, local })) this.userEvents.add(event);
      });
    });
    signal.addEventListener("abort", off, { once: true });
  }

  async #lead(signal: AbortSignal): Promise<Reached> {
    if (this.#electionMs > 0) await sleep(this.clock, this.#electionMs, { signal });
    const span = Span.of(signal, new ConsulFailure(500, "rpc error making call: EOF"));
    const passed = (): Promise<void> => this.gate.passed();
    await passed();
    const state = this.#state;
    const apply = (change: (index: number) => void): void => state.apply(change);
    state.sessions.lead({ clock: this.clock, signal, passed, apply });
    const write = (member: Member): void => {
      void passed().then(() => !signal.aborted && this.#reconcile(state, member));
    };
    for (const member of this.gossip.members) this.#reconcile(state, member);
    span.onEnd(this.gossip.listen(write));
    return { state, span, passed };
  }

  #reconcile(state: State, member: Member): void {
    try {
      reconcile(state, member);
    } catch (error) {
      this.note(`[ERROR] agent.server: failed to reconcile member ${member.name}: ${(error as Error).message}`);
    }
  }
}
