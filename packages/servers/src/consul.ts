import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Duration, durationMs, retry, Secret, withDeadline } from "@minicluster/core";
import { ChildServer, type ChildServerOptions } from "./child-server.ts";
import { findConsul } from "./consul-binary.ts";
import { type ConsulPorts, consulConfiguration } from "./consul-configuration.ts";
import { ServersError } from "./errors.ts";
import { type HttpAnswer, http } from "./http.ts";
import { withPlace } from "./port-conflict.ts";
import type { ServerHandle } from "./server-handle.ts";
import type { StartOptions } from "./start-options.ts";

export interface StartConsulOptions extends StartOptions {
  /** `server` (default) keeps the data; `client` is the agent of a machine that runs services, and needs `join`. */
  mode?: "server" | "client" | undefined;
  /** The server that a client belongs to. */
  join?: Consul | undefined;
  /** Access control lists with default policy deny. Default false; a client does as the server it joins. */
  acl?: boolean | undefined;
  /** More of the agent's configuration file, over ours. */
  configuration?: Readonly<Record<string, unknown>> | undefined;
}

export interface Consul extends ServerHandle {
  readonly version: string;
  readonly mode: "server" | "client";
  /** Base URL of its HTTP API. */
  readonly address: string;
  /** `127.0.0.1:PORT`, UDP and TCP. */
  readonly dnsAddress: string;
  /** `127.0.0.1:PORT`, where other agents join. */
  readonly gossipAddress: string;
  /** May do everything; undefined without ACLs. */
  readonly bootstrapToken: Secret | undefined;
  /**
   * Registers a service that doesn't do so itself, with a TCP check, passing at first. The agent keeps it over restarts.
   *
   * @throws ServersError `REQUEST_FAILED`
   * @example await agent.register({ name: "mysql", address: mariadb.host, port: mariadb.port });
   */
  register(service: ConsulService): Promise<void>;
}

export interface ConsulService {
  name: string;
  address: string;
  port: number;
  /** Between two checks. Default "1s". */
  interval?: Duration | undefined;
}

interface ConsulServerOptions extends ChildServerOptions {
  version: string;
  mode: "server" | "client";
  ports: ConsulPorts;
  acl: boolean;
  token: Secret | undefined;
}

const joinMs = 500;

class ConsulServer extends ChildServer implements Consul {
  readonly version: string;
  readonly mode: "server" | "client";
  readonly address: string;
  readonly dnsAddress: string;
  readonly gossipAddress: string;
  readonly #acl: boolean;
  readonly #clients = new Set<string>();
  #token: Secret | undefined;

  constructor(options: ConsulServerOptions) {
    super({ ...options, probe: (signal) => this.#isReady(signal) });
    this.version = options.version;
    this.mode = options.mode;
    this.address = `http://127.0.0.1:${options.ports.http}`;
    this.dnsAddress = `127.0.0.1:${options.ports.dns}`;
    this.gossipAddress = `127.0.0.1:${options.ports.serf_lan}`;
    this.#acl = options.acl;
    this.#token = options.token;
  }

  get bootstrapToken(): Secret | undefined {
    return this.#token;
  }

  async register({ name, address, port, interval = "1s" }: ConsulService): Promise<void> {
    const every = `${durationMs(interval, "interval")}ms`;
    const check = { TCP: `${address}:${port}`, Interval: every, Timeout: "1s", Status: "passing" };
    const body = { Name: name, ID: name, Address: address, Port: port, Check: check };
    await this.#call("PUT", "/v1/agent/service/register", { body });
  }

  /** Makes the token that may do everything, and lets the agent itself use it. */
  async bootstrapAcl(options: { timeoutMs: number; signal?: AbortSignal | undefined }): Promise<void> {
    const { clock } = this;
    const deadline = { clock, ms: options.timeoutMs, phase: `${this.name}: ACL bootstrap`, signal: options.signal };
    await withDeadline(deadline, (signal) =>
      retry({ clock, signal, capMs: 200, retryable: () => true }, async () => {
        const { SecretID } = (await this.#call("PUT", "/v1/acl/bootstrap", { signal })).json() as { SecretID: string };
        this.#token = new Secret(SecretID);
      }),
    );
    await this.#call("PUT", "/v1/agent/token/agent", { body: { Token: this.#token?.reveal() } });
  }

  /**
   * From now on this server looks for that client when it is started again. A client looks for a server that was lost
   * every 30 s only (serf's reconnect interval, which is not a setting).
   */
  keepInTouch(gossipAddress: string): void {
    this.#clients.add(gossipAddress);
  }

  async #isReady(signal: AbortSignal): Promise<boolean> {
    await this.#leads(signal);
    const { clock } = this;
    const joins = [...this.#clients].map((client) =>
      withDeadline({ clock, ms: joinMs, phase: `joining ${client}`, signal }, (inTime) =>
        this.#call("PUT", `/v1/agent/join/${client}`, { signal: inTime }),
      ),
    );
    // A client that is down or frozen now finds us later.
    await Promise.allSettled(joins);
    return true;
  }

  /** A leader is known and this node is in the catalog, as far as we may look (not before the ACLs' bootstrap). */
  async #leads(signal: AbortSignal): Promise<void> {
    const leader = await this.#call("GET", "/v1/status/leader", { signal });
    if (!/:\d+"/.test(leader.text)) throw new ServersError("REQUEST_FAILED", "no leader yet");
    if (this.#acl && !this.#token) return;
    const node = await this.#call("GET", `/v1/catalog/node/${this.name}`, { signal });
    if (node.text.trim() === "null") throw new ServersError("REQUEST_FAILED", "not in the catalog yet");
  }

  async #call(
    method: "GET" | "PUT",
    path: string,
    options: { body?: unknown; signal?: AbortSignal },
  ): Promise<HttpAnswer> {
    const headers = this.#token && { "X-Consul-Token": this.#token.reveal() };
    const answer = await http({ url: this.address + path, method, headers, ...options });
    if (answer.status === 200) return answer;
    throw new ServersError("REQUEST_FAILED", `${method} ${path}: ${answer.status} ${answer.text.slice(0, 200)}`);
  }
}

/**
 * A private Consul agent on 127.0.0.1; ready once it knows a leader.
 *
 * @throws ServersError `BINARY_MISSING`, `FETCH_FAILED`, `START_FAILED`, `NOT_READY`, `INVALID_OPTION`; the reason of `signal`
 * @example
 * await using server = await startConsul();
 * await using agent = await startConsul({ mode: "client", join: server });
 */
export async function startConsul(options: StartConsulOptions = {}): Promise<Consul> {
  const { mode = "server", join: server, clock, signal } = options;
  if ((mode === "client") !== (server !== undefined)) {
    throw new ServersError("INVALID_OPTION", 'startConsul: `join` goes with mode: "client", and a client needs it');
  }
  const name = options.name ?? (mode === "server" ? "consul" : "agent");
  const acl = server ? server.bootstrapToken !== undefined : options.acl === true;
  const readyTimeoutMs = durationMs(options.readyTimeout ?? "30s", "readyTimeout");
  const stopTimeoutMs = durationMs(options.stopTimeout ?? "10s", "stopTimeout");
  const binary = await findConsul(options);
  return await withPlace(name, async (place) => {
    const ports = {
      http: await place.port(),
      dns: await place.port(),
      serf_lan: await place.port(),
      server: await place.port(),
    };
    const token = server?.bootstrapToken;
    const directory = join(place.directory, "data");
    const file = join(place.directory, "consul.json");
    const configuration = consulConfiguration({
      mode,
      nodeName: name,
      directory,
      ports,
      join: server?.gossipAddress,
      acl,
      agentToken: token,
    });
    await writeFile(file, JSON.stringify({ ...configuration, ...options.configuration }), { mode: 0o600 });
    const consul = new ConsulServer({
      name,
      title: `Consul ${binary.version}`,
      place,
      command: binary.path,
      args: ["agent", `-config-file=${file}`],
      env: binary.env,
      readyTimeoutMs,
      stopTimeoutMs,
      politeClose: false,
      clock,
      version: binary.version,
      mode,
      ports,
      acl,
      token,
    });
    await consul.start(signal);
    if (server instanceof ConsulServer) server.keepInTouch(consul.gossipAddress);
    try {
      if (acl && mode === "server") await consul.bootstrapAcl({ timeoutMs: readyTimeoutMs, signal });
    } catch (error) {
      await consul.close();
      throw error;
    }
    return consul;
  });
}
