import { randomUUID } from "node:crypto";
import { type Clock, durationMs, type Secret, sleep } from "@minicluster/core";
import type { Consul, ConsulService } from "../consul.ts";
import { EmbeddedServer } from "../embedded/embedded-server.ts";
import { HttpListener } from "../embedded/http-listener.ts";
import type { Place } from "../sandbox.ts";
import type { Agent } from "./agent.ts";
import { ConsulFailure } from "./failure.ts";
import { HttpFace } from "./http-face.ts";
import type { Reached, Servers } from "./servers.ts";
import { Span } from "./span.ts";
import { State } from "./state.ts";

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

/** What it answers as; the version whose behaviour it repeats. */
const version = "1.8.7";

/** A Consul agent inside this process. What a server agreed on stands for its data directory: it survives kill and restart. */
export class EmbeddedAgent extends EmbeddedServer implements Consul, Agent, Servers {
  readonly version: string = version;
  readonly mode: "server" | "client";
  readonly address: string;
  readonly dnsAddress: string;
  readonly gossipAddress: string;
  readonly bootstrapToken: Secret | undefined = undefined;
  readonly nodeId: string = randomUUID();
  readonly ports: AgentPorts;
  readonly #join: EmbeddedAgent | undefined;
  readonly #electionMs: number;
  readonly #state: State = new State();
  readonly #listener: HttpListener;
  readonly #face: HttpFace;
  #reached: Promise<Reached> | undefined;

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
    this.#face = new HttpFace({ agent: this, passed, note: (line) => this.note(line) });
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

  reach(signal: AbortSignal): Promise<Reached> {
    if (this.#join) return this.#join.reach(signal);
    if (!this.#reached) return Promise.reject(new ConsulFailure(500, "No known Consul servers"));
    return this.#reached;
  }

  async register(_service: ConsulService): Promise<void> {
    durationMs(_service.interval ?? "1s", "interval");
  }

  protected override async open(signal: AbortSignal): Promise<void> {
    this.note("[WARN]  agent: this is minicluster's embedded Consul: for development and tests, not for production");
    if (!this.#join) this.#reached = this.#lead(signal);
    this.#reached?.catch(() => {});
    await this.#listener.open();
  }

  protected override async farewell(): Promise<void> {}

  protected override async cut(): Promise<void> {
    this.#reached = undefined;
    this.#face.end(new ConsulFailure(500, "the agent ended"));
    await this.#listener.cut();
  }

  async #lead(signal: AbortSignal): Promise<Reached> {
    if (this.#electionMs > 0) await sleep(this.clock, this.#electionMs, { signal });
    const span = Span.of(signal, new ConsulFailure(500, "rpc error making call: EOF"));
    const passed = (): Promise<void> => this.gate.passed();
    await passed();
    return { state: this.#state, span, passed };
  }
}
