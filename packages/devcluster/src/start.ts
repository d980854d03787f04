import { configureCluster, configureLogin, initVault } from "@minicluster/admin";
import type { Clock } from "@minicluster/core";
import type { ServerHandle, Vault } from "@minicluster/servers";
import { type ClusterMysql, clusterMysql } from "./cluster-mysql.ts";
import { clusterServers, type ServerStart } from "./cluster-servers.ts";
import type { ClusterSettings } from "./cluster-settings.ts";
import type { DataDirectory } from "./data-directory.ts";
import { DevConsul } from "./dev-consul.ts";
import { DevVault } from "./dev-vault.ts";
import { DevClusterError } from "./errors.ts";
import type { DevClusterOptions } from "./options.ts";

/** MySQL's name in Consul. */
const mysqlService = "mysql";

export interface StartContext {
  settings: ClusterSettings;
  options: DevClusterOptions;
  data: DataDirectory | undefined;
  clock: Clock;
}

/** A start under way: remembers what runs by now, and tells how far it is. */
export class Start {
  readonly #settings: ClusterSettings;
  readonly #data: DataDirectory | undefined;
  readonly #common: ServerStart & { clock: Clock };
  readonly #startedMs: number;
  readonly #handles: ServerHandle[] = [];

  constructor({ settings, options, data, clock }: StartContext) {
    this.#settings = settings;
    this.#data = data;
    this.#common = { onProgress: options.onProgress, signal: options.signal, clock };
    this.#startedMs = clock.monotonic();
  }

  say(what: string): void {
    const seconds = ((this.#common.clock.monotonic() - this.#startedMs) / 1_000).toFixed(2);
    this.#common.onProgress?.(`${what} (${seconds} s)`);
  }

  async undo(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.close()));
  }

  /** Undefined for a cluster without one. */
  async mysql(): Promise<ClusterMysql | undefined> {
    const { mysql } = this.#settings;
    if (!mysql) return undefined;
    const found = await clusterMysql({ ...this.#common, mysql, data: this.#data });
    const { handle } = found;
    this.#handles.push(handle);
    this.say(`MySQL ${handle.version} runs at ${handle.host}:${handle.port}`);
    const dropped = await found.tidy();
    if (dropped > 0) this.say(`dropped ${dropped} accounts that Vault made in an earlier run`);
    return found;
  }

  /** Consul, and a Vault that is initialised and unsealed. */
  async consulAndVault(): Promise<{ consul: DevConsul; vault: DevVault }> {
    const servers = clusterServers[this.#settings.engine];
    const server = await this.#keep(servers.consul(this.#common));
    const startAgent = async (): Promise<DevConsul> => {
      const agent = await this.#keep(servers.consul({ ...this.#common, join: server }));
      this.say(
        `Consul ${agent.version} runs: the server at ${server.address}, the services' agent at ${agent.address}`,
      );
      return new DevConsul({ server, agent });
    };
    const startNode = servers.vault(server, this.#settings.vault);
    const [consul, vault] = await allOrNone([startAgent(), this.#vault(startNode)]);
    return { consul, vault };
  }

  async register({ agent }: DevConsul, mysql: ClusterMysql | undefined): Promise<void> {
    if (!mysql) return;
    const { handle } = mysql;
    await agent.register({ name: mysqlService, address: handle.host, port: handle.port });
  }

  /** Makes all ready for the services. Resolves to what their instances get, beside a login and Consul's address. */
  async configure(vault: DevVault, mysql: ClusterMysql | undefined): Promise<Map<string, Record<string, string>>> {
    const { services, vault: settings } = this.#settings;
    const { auth, engine, leaseTtl, maxTtl } = settings;
    const { clock, signal } = this.#common;
    const configured = new Map<string, Record<string, string>>();
    await using client = await vault.operator();
    // One after the other: they share the account that Vault uses.
    for (const service of services) {
      const common = { vault: client, service, auth, clock, signal };
      configured.set(service, {});
      if (!mysql) await configureLogin(common);
      else {
        const { host, port, rootUser: adminUser, rootPassword: adminPassword } = mysql.handle;
        const admin = { host, port, adminUser, adminPassword, account: mysql.account };
        const found = await configureCluster({ ...common, mysql: admin, engine, leaseTtl, maxTtl });
        const { credentials: MYSQL_CREDENTIALS, database: MYSQL_DATABASE } = found;
        configured.set(service, { MYSQL_CREDENTIALS, MYSQL_DATABASE, MYSQL_SERVICE: mysqlService });
      }
    }
    this.say(`configured for ${services.join(", ")} with ${auth}${mysql ? ` and ${engine}` : ", without MySQL"}`);
    return configured;
  }

  /** Its nodes; initialised through the first, which leads from now on, and unsealed. */
  async #vault(startNode: (start: ServerStart & { name: string }) => Promise<Vault>): Promise<DevVault> {
    const { nodes: count, shares, threshold } = this.#settings.vault;
    const { clock, signal } = this.#common;
    const names = Array.from({ length: count }, (_, index) => `vault${index + 1}`);
    const starts = names.map((name) => this.#keep(startNode({ ...this.#common, name })));
    await Promise.allSettled(starts);
    const nodes = await Promise.all(starts);
    this.say(`Vault ${nodes[0]?.version} runs at ${nodes.map(({ address }) => address).join(", ")}`);
    const made = await initVault({ address: nodes[0]?.address ?? "", shares, threshold, clock, signal });
    if (made.done !== "created") throw new DevClusterError("DEVCLUSTER_VAULT_AWAY", "Vault was initialised by another");
    const vault = new DevVault({ nodes, rootToken: made.rootToken, keys: made.keys, clock });
    const [first, ...others] = nodes;
    await vault.unseal(first);
    await Promise.all(others.map((node) => vault.unseal(node)));
    this.say("Vault is initialised and unsealed");
    return vault;
  }

  async #keep<T extends ServerHandle>(start: Promise<T>): Promise<T> {
    const handle = await start;
    this.#handles.push(handle);
    return handle;
  }
}

/** All of it, or, once all have settled, the first failure: so that nothing starts after the undoing. */
export async function allOrNone<A, B>([a, b]: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
