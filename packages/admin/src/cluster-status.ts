import { type Clock, type Duration, durationMs, kindOf, systemClock } from "@minicluster/core";
import { type ConsulOptions, consul, Discovery } from "@minicluster/discovery";
import { type Exercise, exerciseTodo } from "./exercise-todo.ts";
import { named } from "./names.ts";
import { instancesOf, type ServiceStatus, serviceStatus } from "./service-status.ts";
import { type VaultStatus, vaultStatuses } from "./vault-status.ts";

export interface ClusterStatusOptions {
  /** The Consul agent that is asked. Default: the one at 127.0.0.1:8500. */
  consul?: ConsulOptions | undefined;
  /** Base URLs of the Vault nodes. Default: what Consul knows as `vault`. */
  vaults?: readonly string[] | undefined;
  /** PEM of the authority that signed Vault's certificates. */
  vaultCa?: string | undefined;
  /** Default `todo`. */
  services?: readonly string[] | undefined;
  /** How a service's healthy instances are tried out, by service. Default: a todo is made and deleted. */
  exercises?: Readonly<Record<string, Exercise>> | undefined;
  /** Each question. Default 5 s. */
  timeout?: Duration | undefined;
  clock?: Clock | undefined;
  signal?: AbortSignal | undefined;
}

export interface ClusterStatus {
  /** Whether a Vault is active and each service has a healthy instance. */
  healthy: boolean;
  /** Why Consul could not be asked. */
  consul: { reachable: boolean; reason: string | undefined };
  vaults: readonly VaultStatus[];
  services: readonly ServiceStatus[];
}

/**
 * Each Vault and each instance of the services, asked at once. A part that can't be reached is part of the answer.
 *
 * @throws AdminError `ADMIN_INVALID_OPTION`; DiscoveryError `INVALID_OPTION`; the signal's reason
 * @example const { healthy, vaults, services } = await clusterStatus({ consul: { address: "10.0.0.1:8500" } });
 */
export async function clusterStatus(options: ClusterStatusOptions = {}): Promise<ClusterStatus> {
  const { services = ["todo"], vaultCa: ca, clock = systemClock, signal } = options;
  for (const service of services) named("service", "service", service);
  const timeoutMs = durationMs(options.timeout ?? "5s", "timeout");
  await using discovery = new Discovery({ source: consul({ ...options.consul, timeout: timeoutMs }), clock });
  let reason: string | undefined;
  const orNone = async <T>(work: Promise<T>, none: T): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      signal?.throwIfAborted();
      if (kindOf(error) === "invalid") throw error;
      reason = error instanceof Error ? error.message : String(error);
      return none;
    }
  };
  const found = async (): Promise<string[]> => {
    const nodes = await instancesOf({ discovery, service: "vault", timeoutMs, signal });
    return nodes.map(({ address, port }) => `${ca ? "https" : "http"}://${address}:${port}`);
  };
  const vaults = async (): Promise<VaultStatus[]> => {
    const addresses = options.vaults ?? (await orNone(found(), []));
    return await vaultStatuses({ addresses: [...new Set(addresses)], ca, timeoutMs, clock, signal });
  };
  const { exercises = { todo: exerciseTodo } } = options;
  const each = services.map((service) => {
    const exercise = exercises[service];
    const status = serviceStatus({ discovery, service, exercise, clock, timeoutMs, signal });
    return orNone(status, { service, healthy: false, instances: [] });
  });
  const [vaultNodes, ...serviceStates] = await Promise.all([vaults(), ...each]);
  const active = vaultNodes.some(({ state }) => state === "active");
  return {
    healthy: active && serviceStates.every(({ healthy }) => healthy),
    consul: { reachable: reason === undefined, reason },
    vaults: vaultNodes,
    services: serviceStates,
  };
}
