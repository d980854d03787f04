/** The worst of an instance's checks, those of its node included. */
export type CheckStatus = "passing" | "warning" | "critical";

/** One running copy of a service. */
export interface Instance {
  /** Unique on its node. */
  readonly id: string;
  readonly service: string;
  readonly node: string;
  /** The service's own address, or its node's where it has none. */
  readonly address: string;
  readonly port: number;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly status: CheckStatus;
}

/** What tells instances apart, across nodes and moves. */
export function instanceKey(instance: Instance): string {
  return `${instance.node}\0${instance.id}\0${instance.address}\0${instance.port}`;
}

/**
 * Which instances a caller wants. `usable`: the passing ones; where none passes, those with a warning (a degraded
 * service must stay reachable). `any`: all that are registered.
 */
export type StatusFilter = "usable" | "any";

export interface InstanceFilter {
  readonly tag?: string | undefined;
  readonly status: StatusFilter;
}

/** The instances that pass a filter, in the order they came. Tags compare without case, as Consul compares them. */
export function filterInstances(instances: readonly Instance[], filter: InstanceFilter): readonly Instance[] {
  const tag = filter.tag?.toLowerCase();
  const tagged =
    tag === undefined ? instances : instances.filter(({ tags }) => tags.some((own) => own.toLowerCase() === tag));
  if (filter.status === "any") return tagged;
  const passing = tagged.filter(({ status }) => status === "passing");
  return passing.length > 0 ? passing : tagged.filter(({ status }) => status === "warning");
}

/** Whether two lists say the same, order included (it is the caller's preference where `near` was asked for). */
export function sameInstances(one: readonly Instance[], other: readonly Instance[]): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
