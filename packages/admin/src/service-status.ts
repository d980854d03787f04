import { type Clock, withDeadline } from "@minicluster/core";
import { type Discovery, DiscoveryError, type Instance } from "@minicluster/discovery";
import type { Exercise } from "./exercise-todo.ts";

/** How one instance stands. */
export interface InstanceStatus {
  id: string;
  node: string;
  address: string;
  port: number;
  /** What Consul's checks say. */
  status: "passing" | "warning" | "critical";
  /** Whether it did its work when tried; `skipped` where it isn't passing, or there is nothing to try. */
  test: "passed" | "failed" | "skipped";
  /** Why the test failed. */
  reason: string | undefined;
}

export interface ServiceStatus {
  service: string;
  /** Whether one instance passes, and did its work when tried. */
  healthy: boolean;
  instances: readonly InstanceStatus[];
}

export interface ServiceStatusOptions {
  discovery: Discovery;
  service: string;
  exercise: Exercise | undefined;
  clock: Clock;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/** @throws DiscoveryError when Consul can't be asked */
export async function serviceStatus(options: ServiceStatusOptions): Promise<ServiceStatus> {
  const { service } = options;
  const found = await instancesOf(options);
  const instances = await Promise.all(found.map((instance) => tried(instance, options)));
  const healthy = instances.some(({ status, test }) => status === "passing" && test !== "failed");
  return { service, healthy, instances };
}

/** All that are registered, by address; none where Consul knows none. */
export async function instancesOf(options: {
  discovery: Discovery;
  service: string;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}): Promise<Instance[]> {
  const { discovery, service, timeoutMs, signal } = options;
  try {
    const found = await discovery.resolve(service, { status: "any", timeout: timeoutMs, signal });
    return [...found].sort((a, b) => (a.id < b.id ? -1 : 1));
  } catch (error) {
    if (error instanceof DiscoveryError && error.code === "SERVICE_UNKNOWN") return [];
    throw error;
  }
}

async function tried(instance: Instance, options: ServiceStatusOptions): Promise<InstanceStatus> {
  const { id, node, address, port, status } = instance;
  const { exercise, clock, timeoutMs, signal } = options;
  const seen = { id, node, address, port, status };
  if (status !== "passing" || !exercise) return { ...seen, test: "skipped", reason: undefined };
  const host = address.includes(":") ? `[${address}]` : address;
  const baseUrl = `http://${host}:${port}`;
  try {
    const deadline = { clock, ms: timeoutMs, phase: `trying ${id}`, signal };
    await withDeadline(deadline, (until) => exercise(baseUrl, until));
    return { ...seen, test: "passed", reason: undefined };
  } catch (error) {
    signal?.throwIfAborted();
    return { ...seen, test: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}
