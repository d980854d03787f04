import type { IncomingMessage, ServerResponse } from "node:http";
import { type Clock, type Duration, durationMs } from "@minicluster/core";
import type { Consul } from "../consul.ts";
import { EmbeddedServer } from "../embedded/embedded-server.ts";
import { HttpListener } from "../embedded/http-listener.ts";
import { acceptList } from "../embedded/list-method.ts";
import { ServersError } from "../errors.ts";
import { withPlace } from "../port-conflict.ts";
import type { Place } from "../sandbox.ts";
import type { Vault, VaultStatus } from "../vault.ts";
import type { VaultMysqlDriver } from "./engine.ts";
import { VaultFailure } from "./failure.ts";
import { answerCall } from "./front.ts";
import { decodedPath, failureReply, type HttpReply, readCall, writeReply } from "./http-call.ts";
import { ServiceRegistration } from "./service-registration.ts";
import { VaultNode } from "./vault-node.ts";
import { type EmbeddedVaultStorage, embeddedVaultStorage } from "./vault-storage.ts";
import { vaultBuild } from "./version.ts";

export interface StartEmbeddedVaultOptions {
  /** The handle's name. Default `vault`. */
  name?: string | undefined;
  /** Nodes that share one are a cluster: one leads, the others stand by. Default: one of its own, without standbys. */
  storage?: EmbeddedVaultStorage | undefined;
  /** The Consul agent in which it registers as service `vault`. */
  registration?: Consul | undefined;
  /** How long nobody leads after a leader was killed or frozen. Default "35s", as with real ones that store in Consul. */
  takeover?: Duration | undefined;
  clock?: Clock | undefined;
  /** The mysql2 driver that its database engines make accounts through. Default: `mysql2`. */
  driver?: VaultMysqlDriver | undefined;
  /** Ends the start. */
  signal?: AbortSignal | undefined;
}

/** A request that comes without a socket. */
export interface EmbeddedVaultRequest {
  method: "GET" | "LIST" | "POST" | "PUT" | "DELETE";
  /** As it would stand in the request line: `/v1/sys/health?standbyok=true`. */
  url: string;
  /** Names in lower case. */
  headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** Default: none. */
  body?: string | undefined;
}

/** What came back; `body` is JSON, undefined where there is none. */
export type EmbeddedVaultReply = HttpReply;

/** A Vault inside this process. */
export interface EmbeddedVault extends Vault {
  /**
   * Answers a request as its port does, without a socket: at the speed of this process, and in the turn of whoever owns
   * its clock. While it is paused, the answer waits.
   *
   * @throws ServersError `NOT_RUNNING` when it does not run, or ends before it has answered
   */
  answer(request: EmbeddedVaultRequest): Promise<EmbeddedVaultReply>;
}

interface EmbeddedVaultOptions {
  name: string;
  place: Place;
  port: number;
  storage: EmbeddedVaultStorage | undefined;
  registration: Consul | undefined;
  takeoverMs: number;
  clock: Clock | undefined;
  driver: VaultMysqlDriver | undefined;
}

class EmbeddedVaultServer extends EmbeddedServer implements EmbeddedVault {
  readonly version: string = vaultBuild.version;
  readonly address: string;
  readonly #storage: EmbeddedVaultStorage;
  readonly #shared: boolean;
  readonly #takeoverMs: number;
  readonly #driver: VaultMysqlDriver | undefined;
  readonly #listener: HttpListener;
  readonly #registration: ServiceRegistration | undefined;
  #node: VaultNode | undefined;

  constructor(options: EmbeddedVaultOptions) {
    super(options);
    const { port, storage, registration, takeoverMs } = options;
    this.address = `http://127.0.0.1:${port}`;
    this.#storage = storage ?? embeddedVaultStorage();
    this.#shared = storage !== undefined;
    this.#takeoverMs = takeoverMs;
    this.#driver = options.driver;
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => void this.#serve(request, response);
    this.#listener = new HttpListener({ host: "127.0.0.1", port, gate: this.gate, onRequest, onServer: acceptList });
    const { clock, gate } = this;
    const note = (line: string): void => this.note(line);
    this.#registration = registration && new ServiceRegistration({ consul: registration, port, clock, gate, note });
  }

  async status(): Promise<VaultStatus> {
    const node = this.#node;
    if (!node || this.paused) return "down";
    if (!this.#storage.seal) return "uninitialised";
    if (node.sealed) return "sealed";
    return node.active ? "active" : "standby";
  }

  async answer({ method, url, headers = {}, body = "" }: EmbeddedVaultRequest): Promise<EmbeddedVaultReply> {
    await this.gate.passed();
    const node = this.#mustRun();
    const [path = "/"] = url.split("?", 1);
    const query = new URLSearchParams(url.slice(path.length + 1));
    const from = { remoteAddress: "127.0.0.1", remotePort: 0 };
    let reply: HttpReply;
    try {
      reply = await answerCall(node, { method, path: decodedPath(path), url, query, headers, body, ...from });
    } catch (error) {
      if (!(error instanceof VaultFailure)) throw error;
      reply = failureReply(error);
    }
    // Frozen or killed in the middle of it.
    await this.gate.passed();
    if (this.#mustRun() !== node) throw this.#ended();
    return reply;
  }

  protected async open(signal: AbortSignal): Promise<void> {
    const { clock, gate, address } = this;
    const node: VaultNode = new VaultNode(
      {
        storage: this.#storage,
        shared: this.#shared,
        takeoverMs: this.#takeoverMs,
        address,
        clock,
        gate,
        note: (line) => this.note(line),
        driver: this.#driver,
        serve: (call) => answerCall(node, call),
        changed: () => this.#registration?.tell(node),
      },
      signal,
    );
    this.#node = node;
    await this.#listener.open();
    this.note(
      `==> Embedded Vault ${vaultBuild.version} at ${address}: for development and tests, never for production`,
    );
    this.#registration?.start(node, signal);
  }

  protected async farewell(): Promise<void> {
    await this.#node?.seal();
    await this.#registration?.leave();
  }

  protected async cut(): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    await node?.drop();
    await this.#listener.cut();
  }

  #mustRun(): VaultNode {
    if (!this.#node) throw this.#ended();
    return this.#node;
  }

  #ended(): ServersError {
    return new ServersError("NOT_RUNNING", `${this.name} is not running: restart() it first`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const node = this.#node;
    if (!node) return void response.destroy();
    try {
      const call = await readCall(request);
      writeReply(response, await answerCall(node, call), request.method !== "HEAD");
    } catch (error) {
      if (error instanceof VaultFailure) return writeReply(response, failureReply(error), request.method !== "HEAD");
      this.note(`[ERROR] http: ${request.method ?? ""}: ${(error as Error).stack ?? String(error)}`);
      if (response.headersSent || !request.complete) return void response.destroy();
      writeReply(response, { status: 500, body: { errors: ["internal error"] } }, true);
    }
  }
}

/**
 * A Vault inside this process, with secrets in memory only, on 127.0.0.1; not initialised at first, sealed after each
 * restart. It behaves as Vault 1.11.0 in all that it can, and says by name what it can't.
 *
 * @throws ServersError `START_FAILED`, `NO_FREE_PORT`; the reason of `signal`
 * @example
 * const storage = embeddedVaultStorage();
 * await using first = await startEmbeddedVault({ storage, name: "vault1" });
 * await using second = await startEmbeddedVault({ storage, name: "vault2" });
 */
export async function startEmbeddedVault(options: StartEmbeddedVaultOptions = {}): Promise<EmbeddedVault> {
  const { name = "vault", storage, registration, clock, driver, signal } = options;
  const takeoverMs = durationMs(options.takeover ?? "35s", "takeover");
  return await withPlace(name, async (place) => {
    const port = await place.port();
    const vault = new EmbeddedVaultServer({ name, place, port, storage, registration, takeoverMs, clock, driver });
    await vault.start(signal);
    return vault;
  });
}
