import type {
  Discovery,
  Instance,
  Pick as PickedInstance,
  PickOptions,
  ResolveOptions,
  ServiceFetch,
  ServiceFilter,
  ServiceWatch,
} from "@minicluster/discovery";

/** Another service of the cluster. Each call follows its instances; none waits for the network once it is known. */
export class ServiceClient {
  readonly name: string;
  /** `fetch("/invoices")` on one of its instances; a connection that can't be made goes to the next. */
  readonly fetch: ServiceFetch;
  readonly #discovery: Discovery;

  /** Made by `cluster.service()`. */
  constructor(name: string, discovery: Discovery) {
    this.name = name;
    this.#discovery = discovery;
    this.fetch = discovery.fetch(name);
  }

  /** Its usable instances: the passing ones, or where none passes those with a warning. */
  resolve(options: ResolveOptions = {}): Promise<readonly Instance[]> {
    return this.#discovery.resolve(this.name, options);
  }

  /** One instance, counted as busy until it is released. */
  pick(options: PickOptions = {}): Promise<PickedInstance> {
    return this.#discovery.pick(this.name, options);
  }

  /** Its instances, kept up to date until the watch is closed. */
  watch(options: ServiceFilter = {}): ServiceWatch {
    return this.#discovery.watch(this.name, options);
  }
}
