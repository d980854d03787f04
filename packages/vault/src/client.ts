import {
  abortable,
  type Clock,
  type Duration,
  durationMs,
  Emitter,
  LinkedSignal,
  Secret,
  systemClock,
  withDeadline,
} from "@minicluster/core";
import { Agent, type Dispatcher } from "undici";
import { ActiveNode } from "./active-node.ts";
import { addressSource, baseUrl, type VaultAddressSource } from "./addresses.ts";
import { headerSecret, type Json } from "./answer.ts";
import { closedError, VaultError } from "./error.ts";
import type { VaultEvents } from "./events.ts";
import { type Flight, isTimeout, late, noAddress, silent } from "./flight.ts";
import { type NodeHealth, nodeHealth } from "./health.ts";
import { NodeVaults } from "./node-vaults.ts";
import { Nodes } from "./nodes.ts";
import { encodePath } from "./path.ts";
import { type CallOptions, mayIssue, type VaultRequest } from "./request.ts";
import type { Passage } from "./transport.ts";

export interface VaultClientOptions {
  /** One base URL, the nodes of one logical Vault, or a source of them. */
  address: string | readonly string[] | VaultAddressSource;
  token?: string | Secret | undefined;
  /** Vault Enterprise's `X-Vault-Namespace`. */
  namespace?: string | undefined;
  /** PEM of the authority that signed Vault's certificate. Default: the machine's. */
  ca?: string | undefined;
  /** Each call: connect and response, over all nodes. Default 5 s. */
  timeout?: Duration | undefined;
  /** The longest answer that is read. Default 8 MiB. */
  maxBytes?: number | undefined;
  clock?: Clock | undefined;
  /** undici's, to be closed by its owner. Default: one of its own, without proxy. */
  dispatcher?: Dispatcher | undefined;
}

/**
 * Requests to one logical Vault of one or more nodes: every call has a deadline, goes to the node that answered last,
 * and to the others when that one can't be reached, is sealed or stands by. It logs in nowhere and keeps no lease.
 *
 * @example
 * await using client = new VaultClient({ address: "http://127.0.0.1:8200", token });
 * await client.write("sys/policies/acl/todo", { policy });
 */
export class VaultClient implements AsyncDisposable {
  readonly events: Emitter<VaultEvents> = new Emitter("vault");
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly #source: VaultAddressSource;
  readonly #nodes: Nodes;
  readonly #active: ActiveNode;
  readonly #vaults: NodeVaults;
  readonly #dispatcher: Dispatcher;
  readonly #ownsDispatcher: boolean;
  readonly #maxBytes: number;
  readonly #closing = new AbortController();
  #token: Secret | undefined;

  /** @throws VaultError `VAULT_INVALID_OPTION`; MiniclusterError `INVALID_DURATION` */
  constructor(options: VaultClientOptions) {
    this.clock = options.clock ?? systemClock;
    this.timeoutMs = durationMs(options.timeout ?? "5s", "timeout");
    this.#source = addressSource(options.address);
    this.#nodes = new Nodes(this.#source, this.events);
    this.#active = new ActiveNode({ clock: this.clock, nodes: this.#nodes, ask: (request) => this.#ask(request) });
    this.#vaults = new NodeVaults(options.namespace);
    this.#maxBytes = options.maxBytes ?? 8 * 2 ** 20;
    this.#ownsDispatcher = options.dispatcher === undefined;
    this.#dispatcher =
      options.dispatcher ?? new Agent({ connect: { timeout: this.timeoutMs, ...(options.ca && { ca: options.ca }) } });
    this.token = options.token;
  }

  /** The token that requests carry. */
  get token(): Secret | undefined {
    return this.#token;
  }

  set token(token: string | Secret | undefined) {
    this.#token = token === undefined ? undefined : headerSecret(Secret.of(token).reveal(), "token");
  }

  /** Base URLs, the one that answered last first. */
  get addresses(): readonly string[] {
    return this.#nodes.list();
  }

  /**
   * One request; resolves to the JSON object that came, or undefined for 204.
   *
   * @throws VaultError; the signal's reason when aborted
   */
  async request(request: VaultRequest): Promise<Json | undefined> {
    const phase = request.phase ?? `${request.method} ${request.path}`;
    const flight: Flight = { request, phase, path: encodePath(request.path), sent: false, address: undefined };
    const ms = request.timeoutMs ?? this.timeoutMs;
    using until = new LinkedSignal(this.#closing.signal, request.signal);
    try {
      return await withDeadline({ clock: this.clock, ms, phase, signal: until.signal }, (signal) =>
        this.#route(flight, signal),
      );
    } catch (error) {
      if (!isTimeout(error)) throw error;
      if (flight.address === undefined && this.#nodes.list().length === 0) throw noAddress(phase);
      if (flight.address !== undefined && !request.address) this.#nodes.suspect(flight.address);
      throw late(flight, ms);
    }
  }

  /** GET. */
  read(path: string, options: CallOptions = {}): Promise<Json | undefined> {
    return this.request({ ...options, method: "GET", path });
  }

  /** POST. */
  write(path: string, body: object, options: CallOptions = {}): Promise<Json | undefined> {
    return this.request({ ...options, method: "POST", path, body });
  }

  /** The answer of a LIST, keys in `data.keys`. */
  list(path: string, options: CallOptions = {}): Promise<Json | undefined> {
    return this.request({ ...options, method: "LIST", path });
  }

  delete(path: string, options: CallOptions = {}): Promise<Json | undefined> {
    return this.request({ ...options, method: "DELETE", path });
  }

  /** What one node says of itself (`sys/health`); `unreachable` where it says nothing. Rejects only when aborted. */
  async health(address: string, options: CallOptions = {}): Promise<NodeHealth> {
    return await this.#active.health(baseUrl(address), { ...options, timeoutMs: options.timeoutMs ?? this.timeoutMs });
  }

  /** `sys/seal-status` of one node. */
  async sealStatus(address: string, options: CallOptions = {}): Promise<Json | undefined> {
    return await this.request({
      ...options,
      method: "GET",
      path: "sys/seal-status",
      token: null,
      address: baseUrl(address),
    });
  }

  /** Ends every call under way. Any number of calls. */
  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) this.#closing.abort(closedError("Vault client"));
    if (this.#ownsDispatcher) await this.#dispatcher.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Over the nodes: the one that answered last, then whichever is active. */
  async #route(flight: Flight, signal: AbortSignal): Promise<Json | undefined> {
    const { request } = flight;
    if (request.address !== undefined) return await this.#send({ flight, address: baseUrl(request.address), signal });
    if (this.#nodes.list().length === 0) await this.#source.ready?.({ signal });
    const [first, ...rest] = this.#nodes.list();
    if (first === undefined) throw noAddress(flight.phase);
    const issues = mayIssue(request);
    const prove = this.#nodes.isSuspect(first) && (rest.length > 0 || issues);
    const token = this.#tokenOf(request);
    let address = prove ? await this.#active.find({ phase: flight.phase, token, signal }) : first;
    for (let hop = 0; ; hop += 1) {
      try {
        return await this.#attempt(flight, address, signal);
      } catch (error) {
        if (!(error instanceof VaultError) || error.kind !== "unreachable" || signal.aborted) throw error;
        if (rest.length === 0 || hop > rest.length || (issues && error.mayHaveIssued)) throw error;
        const next = await this.#active.find({ phase: flight.phase, token, signal });
        if (next === address && hop > 0) throw error;
        address = next;
      }
    }
  }

  /** One node; given up when it falls silent while another is active. */
  async #attempt(flight: Flight, address: string, signal: AbortSignal): Promise<Json | undefined> {
    const over = new AbortController();
    using linked = new LinkedSignal(signal, over.signal);
    const both = linked.signal;
    void this.#active.overtaken(address, both).then(
      (by) => over.abort(silent(flight, address, by)),
      () => {},
    );
    try {
      const body = await abortable(this.#send({ flight, address, signal: both }), both);
      this.#nodes.good(flight.address ?? address);
      return body;
    } catch (error) {
      if (error instanceof VaultError) {
        if (error.kind === "unreachable") this.#nodes.suspect(address);
        else this.#nodes.good(flight.address ?? address);
      }
      throw error;
    } finally {
      over.abort();
    }
  }

  async #send(options: { flight: Flight; address: string; signal: AbortSignal }): Promise<Json | undefined> {
    const { flight, address, signal } = options;
    flight.address = address;
    const passage = this.#passage(flight, signal);
    try {
      return await this.#vaults.send(address, flight.request, passage);
    } finally {
      if (passage.redirectedTo !== undefined && flight.request.address === undefined) {
        this.#nodes.learn(passage.redirectedTo);
        flight.address = passage.redirectedTo;
      }
    }
  }

  /** A question of ours to one node, whatever the status. */
  async #ask(options: {
    address: string;
    path: string;
    token: Secret | undefined;
    signal: AbortSignal;
  }): Promise<NodeHealth & { body: Json | undefined; status: number }> {
    const { address, path, token, signal } = options;
    const request: VaultRequest = { method: "GET", path, token: token ?? null, address };
    const flight: Flight = { request, phase: `asking ${path}`, path, sent: false, address };
    const passage = { ...this.#passage(flight, signal), anyStatus: true };
    const body = await this.#vaults.send(address, request, passage);
    return { ...nodeHealth(address, passage.status, body), body, status: passage.status };
  }

  #tokenOf(request: VaultRequest): Secret | undefined {
    return request.token === null ? undefined : (request.token ?? this.#token);
  }

  #passage(flight: Flight, signal: AbortSignal): Passage {
    const { request, phase, path } = flight;
    return {
      dispatcher: this.#dispatcher,
      signal,
      maxBytes: this.#maxBytes,
      purpose: request.purpose ?? "plain",
      phase,
      path,
      anyStatus: false,
      query: request.query,
      token: this.#tokenOf(request)?.reveal(),
      onSent: () => {
        flight.sent = true;
      },
      status: 0,
      redirectedTo: undefined,
    };
  }
}
