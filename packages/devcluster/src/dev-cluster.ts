import type { Clock } from "@minicluster/core";
import type { Mariadb, OnProgress, ServerHandle } from "@minicluster/servers";
import type { ClusterMysql } from "./cluster-mysql.ts";
import type { DataDirectory } from "./data-directory.ts";
import type { DevConsul } from "./dev-consul.ts";
import type { DevVault } from "./dev-vault.ts";
import { DevClusterError } from "./errors.ts";
import type { ServerEngine } from "./options.ts";
import type { ServiceIdentities } from "./service-identities.ts";
import { type RunOptions, type ServiceProcess, startServiceProcess } from "./service-process.ts";

export interface DevClusterParts {
  engine: ServerEngine;
  services: readonly string[];
  consul: DevConsul;
  vault: DevVault;
  mysql: ClusterMysql | undefined;
  data: DataDirectory | undefined;
  identities: ServiceIdentities;
  clock: Clock;
  onProgress: OnProgress | undefined;
}

/**
 * A whole cluster on this machine: Consul (a server, and an agent for the services), Vault, MariaDB, configured.
 * Everything in it can be stopped, killed, paused and restarted through its handle.
 */
export class DevCluster implements AsyncDisposable {
  /** Who plays Consul and Vault. */
  readonly engine: ServerEngine;
  /** Those it was configured for. */
  readonly services: readonly string[];
  readonly consul: DevConsul;
  readonly vault: DevVault;
  /** Whether there is a MySQL. */
  readonly withMysql: boolean;
  readonly #parts: DevClusterParts;
  readonly #processes = new Set<ServiceProcess>();
  readonly #closing = new AbortController();
  #started = 0;
  #closed: Promise<void> | undefined;

  constructor(parts: DevClusterParts) {
    this.engine = parts.engine;
    this.services = parts.services;
    this.consul = parts.consul;
    this.vault = parts.vault;
    this.withMysql = parts.mysql !== undefined;
    this.#parts = parts;
  }

  /**
   * Registered in Consul as `mysql`, with a TCP check. One that a URL named can't be ended or frozen
   * (DevClusterError `DEVCLUSTER_NOT_OURS`).
   *
   * @throws DevClusterError `DEVCLUSTER_NO_MYSQL` after a start with `mysql: false`
   */
  get mysql(): Mariadb {
    const { mysql } = this.#parts;
    if (mysql) return mysql.handle;
    throw new DevClusterError("DEVCLUSTER_NO_MYSQL", "this cluster was started with mysql: false and has no MySQL");
  }

  /**
   * The environment of one more instance of a service, with a login of its own: CONSUL_HTTP_ADDR, CONSUL_DNS_ADDR,
   * VAULT_APP_ID and VAULT_USER_ID (or VAULT_ROLE_ID and VAULT_SECRET_ID), and where there is a MySQL also
   * MYSQL_CREDENTIALS, MYSQL_DATABASE, MYSQL_SERVICE. It holds secrets. Vault's address is not in it: a service finds
   * Vault in Consul.
   *
   * @throws DevClusterError `DEVCLUSTER_NO_SUCH_SERVICE`, `DEVCLUSTER_CLOSED`; `DEVCLUSTER_NO_LOGIN` when more were asked
   *   for at once, or while Vault is away, than are in stock
   */
  env(service: string): Record<string, string> {
    this.#closing.signal.throwIfAborted();
    return this.#parts.identities.next(service);
  }

  /**
   * Starts an instance of a service as a process of its own, with {@link env} and a BIND on a free port. It ends with
   * the cluster, by SIGTERM first.
   *
   * @throws ServersError `START_FAILED`, `NOT_READY`; what {@link env} throws, AdminError when Vault is away and no login left
   * @example const todo = await cluster.run("todo", { command: process.execPath, args: ["todo.js"] });
   */
  async run(service: string, options: RunOptions): Promise<ServiceProcess> {
    const { signal: closing } = this.#closing;
    closing.throwIfAborted();
    const identity = await this.#parts.identities.provide(service);
    this.#started += 1;
    const { name = `${service}${this.#started}` } = options;
    const signal = options.signal ? AbortSignal.any([options.signal, closing]) : closing;
    const { clock } = this.#parts;
    const instance = await startServiceProcess({ ...options, service, name, identity, signal, clock });
    this.#processes.add(instance);
    if (closing.aborted) await instance.close();
    return instance;
  }

  /** Ends the instances, then the servers, and removes what they kept elsewhere than in `data`. May be called again. */
  close(): Promise<void> {
    this.#closing.abort(new DevClusterError("DEVCLUSTER_CLOSED", "the cluster was closed: start another one"));
    this.#closed ??= this.#end();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    const { mysql, data, identities, clock, onProgress } = this.#parts;
    await Promise.all([...this.#processes].map((instance) => instance.close()));
    await identities.close();
    await mysql?.leave(this.vault, clock).catch((error: Error) => {
      onProgress?.(`accounts that Vault made may be left in MySQL: ${error.message}`);
    });
    const temporary: ServerHandle[] = [...this.vault.nodes, this.consul.agent, this.consul.server];
    if (mysql && !data) temporary.push(mysql.handle);
    // Their data goes anyway: no need to let them say goodbye.
    await Promise.all(temporary.map((server) => server.kill().catch(() => {})));
    await Promise.all([...temporary, ...(mysql ? [mysql.handle] : [])].map((server) => server.close()));
    await data?.[Symbol.asyncDispose]();
  }
}
