import { type ConfigureClusterResult, configureCluster, initVault } from "@minicluster/admin";
import { type Clock, systemClock } from "@minicluster/core";
import {
  type Consul,
  type Mariadb,
  type ServerHandle,
  startConsul,
  startMariadb,
  startVault,
  type Vault,
} from "@minicluster/servers";
import { DevCluster } from "./dev-cluster.ts";
import { DevVault } from "./dev-vault.ts";
import { DevClusterError } from "./errors.ts";
import { type DevClusterOptions, type VaultSettings, vaultSettings } from "./options.ts";
import { hasAppId, ownVault } from "./own-vault.ts";
import { ServiceIdentities } from "./service-identities.ts";

/** MySQL's name in Consul. */
const mysqlService = "mysql";

/**
 * Starts Consul, Vault and MariaDB on this machine, initialises, unseals and configures them for the services.
 * The first time ever it gets the servers, which takes minutes where Vault has to be built; afterwards 3 to 4 s.
 *
 * @throws DevClusterError `DEVCLUSTER_INVALID_OPTION`; ServersError (`BINARY_MISSING` names what to install); AdminError;
 *   the reason of `signal`. Nothing is left behind then.
 * @example
 * await using cluster = await startDevCluster({ services: ["billing"] });
 * const app = await Cluster.join({ env: await cluster.env("billing") });
 */
export async function startDevCluster(options: DevClusterOptions = {}): Promise<DevCluster> {
  const { services = ["todo"], clock = systemClock, signal } = options;
  const own = await ownVault(options.onProgress);
  const settings = vaultSettings(options.vault, own);
  if (services.length === 0) {
    throw new DevClusterError("DEVCLUSTER_INVALID_OPTION", "services: name at least one, such as todo");
  }
  const start = new Start(options, clock);
  if (settings.version === "path" && own && !hasAppId(own)) {
    start.say(`Vault ${own} on PATH has no app-id: services log in by AppRole`);
  }
  try {
    const [mysql, { consul, nodes }] = await allOrNone([start.mysql(), start.consulAndVault(settings)]);
    await consul.agent.register({ name: mysqlService, address: mysql.host, port: mysql.port });
    const vault = await start.open(nodes, settings);
    const configured = await start.configure({ services, settings, vault, mysql });
    const common = {
      CONSUL_HTTP_ADDR: consul.agent.address,
      CONSUL_DNS_ADDR: consul.agent.dnsAddress,
      MYSQL_SERVICE: mysqlService,
    };
    const identities = new ServiceIdentities({ vault, settings, configured, common });
    await identities.prepare();
    signal?.throwIfAborted();
    start.say("the cluster is ready");
    return new DevCluster({ consul, vault, mysql, identities, clock });
  } catch (error) {
    await start.undo();
    throw error;
  }
}

/** All of it, or, once all have settled, the first failure: so that nothing starts after the undoing. */
async function allOrNone<A, B>([a, b]: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

/** A start under way: remembers what runs by now, and tells how far it is. */
class Start {
  readonly #options: DevClusterOptions;
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #handles: ServerHandle[] = [];

  constructor(options: DevClusterOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#startedMs = clock.monotonic();
  }

  say(what: string): void {
    const seconds = ((this.#clock.monotonic() - this.#startedMs) / 1_000).toFixed(1);
    this.#options.onProgress?.(`${what} (${seconds} s)`);
  }

  async undo(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.close()));
  }

  async mysql(): Promise<Mariadb> {
    const { onProgress, signal, mysql } = this.#options;
    const mariadb = await this.#keep(
      startMariadb({ name: "mysql", onProgress, signal, clock: this.#clock, settings: mysql?.settings }),
    );
    this.say(`MariaDB ${mariadb.version} runs at ${mariadb.host}:${mariadb.port}`);
    return mariadb;
  }

  async consulAndVault(settings: VaultSettings): Promise<{ consul: DevCluster["consul"]; nodes: readonly Vault[] }> {
    const { onProgress, signal } = this.#options;
    const common = { onProgress, signal, clock: this.#clock };
    const server = await this.#keep(startConsul(common));
    const [agent, nodes] = await allOrNone([this.#agent(server), this.#nodes(server, settings)]);
    return { consul: { server, agent }, nodes };
  }

  async #agent(server: Consul): Promise<Consul> {
    const { onProgress, signal } = this.#options;
    const started = startConsul({ mode: "client", join: server, onProgress, signal, clock: this.#clock });
    const agent = await this.#keep(started);
    this.say(`Consul ${agent.version} runs: the server at ${server.address}, the services' agent at ${agent.address}`);
    return agent;
  }

  async #nodes(storage: Consul, { version, nodes: count }: VaultSettings): Promise<readonly Vault[]> {
    const { onProgress, signal } = this.#options;
    const names = Array.from({ length: count }, (_, index) => `vault${index + 1}`);
    const starts = names.map((name) =>
      this.#keep(startVault({ name, version, storage, onProgress, signal, clock: this.#clock })),
    );
    await Promise.allSettled(starts);
    const nodes = await Promise.all(starts);
    this.say(`Vault ${nodes[0]?.version} runs at ${nodes.map(({ address }) => address).join(", ")}`);
    return nodes;
  }

  /** Initialises through the first node, which leads from now on, and unseals all. */
  async open(nodes: readonly Vault[], { shares, threshold }: VaultSettings): Promise<DevVault> {
    const clock = this.#clock;
    const { signal } = this.#options;
    const made = await initVault({ address: nodes[0]?.address ?? "", shares, threshold, clock, signal });
    if (made.done !== "created") throw new DevClusterError("DEVCLUSTER_VAULT_AWAY", "Vault was initialised by another");
    const vault = new DevVault({ nodes, rootToken: made.rootToken, keys: made.keys, clock });
    for (const node of nodes) await vault.unseal(node);
    this.say("Vault is initialised and unsealed");
    return vault;
  }

  async configure(options: {
    services: readonly string[];
    settings: VaultSettings;
    vault: DevVault;
    mysql: Mariadb;
  }): Promise<Map<string, ConfigureClusterResult>> {
    const { services, settings, vault, mysql } = options;
    const { auth, engine, leaseTtl, maxTtl } = settings;
    const { signal } = this.#options;
    const { host, port, rootUser: adminUser, rootPassword: adminPassword } = mysql;
    const configured = new Map<string, ConfigureClusterResult>();
    await using client = await vault.operator();
    for (const service of services) {
      const result = await configureCluster({
        vault: client,
        mysql: { host, port, adminUser, adminPassword },
        service,
        auth,
        engine,
        leaseTtl,
        maxTtl,
        clock: this.#clock,
        signal,
      });
      configured.set(service, result);
    }
    this.say(`configured for ${services.join(", ")} with ${auth} and ${engine}`);
    return configured;
  }

  async #keep<T extends ServerHandle>(start: Promise<T>): Promise<T> {
    const handle = await start;
    this.#handles.push(handle);
    return handle;
  }
}
