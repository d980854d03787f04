import type { Clock } from "@minicluster/core";
import type { Consul, Mariadb } from "@minicluster/servers";
import type { DevVault } from "./dev-vault.ts";
import { DevClusterError } from "./errors.ts";
import type { ServiceIdentities } from "./service-identities.ts";
import { type RunOptions, type ServiceProcess, startServiceProcess } from "./service-process.ts";

export interface DevClusterParts {
  consul: { readonly server: Consul; readonly agent: Consul };
  vault: DevVault;
  mysql: Mariadb;
  identities: ServiceIdentities;
  clock: Clock;
}

/**
 * A whole cluster on this machine: Consul (a server, and an agent for the services), Vault, MariaDB, configured.
 * Everything in it can be stopped, killed, paused and restarted through its handle.
 */
export class DevCluster implements AsyncDisposable {
  /** `server` keeps Vault's data and the catalog; `agent` is the one that services talk to. */
  readonly consul: { readonly server: Consul; readonly agent: Consul };
  readonly vault: DevVault;
  /** Registered in Consul as `mysql`, with a TCP check. */
  readonly mysql: Mariadb;
  readonly #identities: ServiceIdentities;
  readonly #clock: Clock;
  readonly #processes = new Set<ServiceProcess>();
  readonly #closing = new AbortController();
  #started = 0;
  #closed: Promise<void> | undefined;

  constructor(parts: DevClusterParts) {
    this.consul = parts.consul;
    this.vault = parts.vault;
    this.mysql = parts.mysql;
    this.#identities = parts.identities;
    this.#clock = parts.clock;
  }

  /**
   * The environment of one more instance of a service, with a login of its own: CONSUL_HTTP_ADDR, CONSUL_DNS_ADDR,
   * VAULT_APP_ID and VAULT_USER_ID (or VAULT_ROLE_ID and VAULT_SECRET_ID), MYSQL_CREDENTIALS, MYSQL_DATABASE,
   * MYSQL_SERVICE. It holds secrets. Vault's address is not in it: a service finds Vault in Consul.
   *
   * @throws DevClusterError `DEVCLUSTER_NO_SUCH_SERVICE`; AdminError when Vault has been away for several calls
   */
  async env(service: string): Promise<Record<string, string>> {
    this.#closing.signal.throwIfAborted();
    return await this.#identities.next(service);
  }

  /**
   * Starts an instance of a service as a process of its own, with {@link env} and a BIND on a free port. It ends with
   * the cluster, by SIGTERM first.
   *
   * @throws ServersError `START_FAILED`, `NOT_READY`; what {@link env} throws
   * @example const todo = await cluster.run("todo", { command: process.execPath, args: ["todo.js"] });
   */
  async run(service: string, options: RunOptions): Promise<ServiceProcess> {
    const identity = await this.env(service);
    this.#started += 1;
    const { name = `${service}${this.#started}` } = options;
    const { signal: closing } = this.#closing;
    const signal = options.signal ? AbortSignal.any([options.signal, closing]) : closing;
    const instance = await startServiceProcess({ ...options, service, name, identity, signal, clock: this.#clock });
    this.#processes.add(instance);
    if (closing.aborted) await instance.close();
    return instance;
  }

  /** Ends the instances, then the servers, and removes what they kept. May be called any number of times. */
  close(): Promise<void> {
    this.#closing.abort(new DevClusterError("DEVCLUSTER_CLOSED", "the cluster was closed: start another one"));
    this.#closed ??= this.#end();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#processes].map((instance) => instance.close()));
    await this.#identities.close();
    const servers = [...this.vault.nodes, this.consul.agent, this.consul.server, this.mysql];
    // Their data goes anyway: no need to let them say goodbye.
    await Promise.all(servers.map((server) => server.kill().catch(() => {})));
    await Promise.all(servers.map((server) => server.close()));
  }
}
