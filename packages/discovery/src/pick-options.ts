import type { Duration } from "@minicluster/core";
import type { PickPolicy } from "./balancer.ts";
import type { ServiceFilter } from "./table.ts";

export interface NodeOptions {
  signal?: AbortSignal | undefined;
  /** How long to wait for the (first) answer. Default: the `timeout` of the discovery. */
  timeout?: Duration | undefined;
}

export interface ResolveOptions extends ServiceFilter, NodeOptions {}

export interface PickOptions extends ResolveOptions {
  /** Default `round-robin`. */
  policy?: PickPolicy | undefined;
  /** Instances to leave out, by `instanceKey`: those that were tried already. */
  avoid?: ReadonlySet<string> | undefined;
}
