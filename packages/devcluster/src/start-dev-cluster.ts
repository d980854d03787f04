import { type Clock, systemClock } from "@minicluster/core";
import { clusterSettings, serverEngine } from "./cluster-settings.ts";
import { DataDirectory } from "./data-directory.ts";
import { DevCluster } from "./dev-cluster.ts";
import { mysqlAdmin } from "./external-mysql.ts";
import type { DevClusterOptions } from "./options.ts";
import { hasAppId, ownVault } from "./own-vault.ts";
import { ServiceIdentities } from "./service-identities.ts";
import { allOrNone, Start } from "./start.ts";

/**
 * Starts Consul, Vault and MariaDB on this machine, initialises, unseals and configures them for the services: Consul
 * and Vault inside this process, or with engine "real" as their own programs. The first time ever it gets the servers
 * that are programs, which takes minutes where Vault has to be built; afterwards half a second, or 3 s with real ones.
 *
 * @throws DevClusterError `DEVCLUSTER_INVALID_OPTION`, `DEVCLUSTER_DATA_IN_USE`, `DEVCLUSTER_MYSQL_AWAY`; ServersError
 *   (`BINARY_MISSING` names what to install); AdminError; the reason of `signal`. Nothing is left behind then.
 * @example
 * await using cluster = await startDevCluster({ services: ["billing"] });
 * const app = await Cluster.join({ env: cluster.env("billing") });
 */
export async function startDevCluster(options: DevClusterOptions = {}): Promise<DevCluster> {
  const { clock = systemClock } = options;
  // What is wrong with the options alone shows before anything is made.
  const { mysql } = clusterSettings(options, undefined, "1.11.0");
  if (mysql && "url" in mysql) await mysqlAdmin(mysql.url);
  const data = options.data === undefined ? undefined : await DataDirectory.open(options.data);
  try {
    return await start({ ...options, clock }, data);
  } catch (error) {
    await data?.[Symbol.asyncDispose]();
    throw error;
  }
}

async function start(
  options: DevClusterOptions & { clock: Clock },
  data: DataDirectory | undefined,
): Promise<DevCluster> {
  const { clock, signal, onProgress } = options;
  const engine = serverEngine(options, data?.kept);
  const own = engine === "real" ? await ownVault(onProgress) : undefined;
  const settings = clusterSettings(options, data?.kept, own);
  const { services } = settings;
  const { auth, engine: secrets, leaseTtl, maxTtl } = settings.vault;
  const run = new Start({ settings, options, data, clock });
  if (engine === "real" && settings.vault.version === "path" && own && !hasAppId(own)) {
    run.say(`Vault ${own} on PATH has no app-id: services log in by AppRole`);
  }
  try {
    const [mysql, { consul, vault }] = await allOrNone([run.mysql(), run.consulAndVault()]);
    const [, configured] = await allOrNone([run.register(consul, mysql), run.configure(vault, mysql)]);
    const { address: CONSUL_HTTP_ADDR, dnsAddress: CONSUL_DNS_ADDR } = consul.agent;
    const environments = [...configured].map(
      ([service, rest]) => [service, { CONSUL_HTTP_ADDR, CONSUL_DNS_ADDR, ...rest }] as const,
    );
    const identities = new ServiceIdentities({
      vault,
      auth,
      services: new Map(environments),
      stock: settings.logins,
    });
    await identities.prepare();
    await data?.keep({ services, engine, vault: { auth, engine: secrets, leaseTtl, maxTtl } });
    signal?.throwIfAborted();
    run.say("the cluster is ready");
    return new DevCluster({ engine, services, consul, vault, mysql, data, identities, clock, onProgress });
  } catch (error) {
    await run.undo();
    throw error;
  }
}
