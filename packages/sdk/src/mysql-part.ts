import type { Emitter } from "@minicluster/core";
import type { Discovery, ServiceWatch } from "@minicluster/discovery";
import { type Address, createPool, type PoolOptions, type RotatingPool } from "@minicluster/mysql";
import type { Vault, VaultCredentials } from "@minicluster/vault";
import type { ClusterEvents } from "./events.ts";
import type { PartHealth } from "./health.ts";
import { MysqlAddress } from "./mysql-address.ts";
import type { Part } from "./part.ts";

/** The options of a pool, with a path of Vault for its credentials and a name in Consul for its address. */
export interface ClusterMysqlOptions
  extends Omit<PoolOptions, "credentials" | "address" | "clock" | "random" | "driver"> {
  /** `mysql/creds/ROLE`, `database/creds/ROLE` or `database/static-creds/ROLE`. */
  credentials: string;
  /** MySQL's name in Consul. Default `mysql`. */
  service?: string | undefined;
  /** A fixed address instead of a name in Consul. */
  address?: Address | undefined;
}

export interface MysqlPartOptions extends Pick<PoolOptions, "clock" | "random" | "driver"> {
  pool: ClusterMysqlOptions;
  discovery: Discovery;
  vault: Vault;
  events: Emitter<ClusterEvents>;
}

/** Shorter than the pool's own: a service has 10 s to leave, and Consul and Vault may be slow as well. */
const closeTimeout = "3s";

/** A pool, its credentials and its address. */
export class MysqlPart implements Part {
  readonly pool: RotatingPool;
  readonly #name: string;
  readonly #credentials: VaultCredentials;
  readonly #watch: ServiceWatch | undefined;
  readonly #address: MysqlAddress | undefined;

  constructor(options: MysqlPartOptions) {
    const { discovery, vault, events, clock, random, driver } = options;
    const { credentials, service = "mysql", address, ...rest } = options.pool;
    this.#name = `mysql:${rest.database}`;
    this.#credentials = vault.credentials(credentials);
    this.#forward(events);
    if (!address) {
      this.#watch = discovery.watch(service);
      this.#address = new MysqlAddress(this.#watch);
      this.#address.onChange(({ host, port }) => events.emit("mysql.address", { service, host, port }));
    }
    this.pool = createPool({
      ...rest,
      credentials: this.#credentials,
      address: address ?? (this.#address as MysqlAddress),
      closeTimeout: rest.closeTimeout ?? closeTimeout,
      clock,
      random,
      driver,
    });
  }

  health(): PartHealth {
    const { status, reason } = this.pool.health;
    return reason ? { name: this.#name, status, reason } : { name: this.#name, status };
  }

  async ready(options: { signal: AbortSignal }): Promise<void> {
    await this.pool.ready(options);
  }

  async close(): Promise<void> {
    await this.pool.end();
    // Its credentials are closed with Vault's login, within one timeout for all.
    this.#address?.close();
    this.#watch?.close();
  }

  #forward(events: Emitter<ClusterEvents>): void {
    const from = this.#credentials.events;
    from.on("lease.renewed", (event) => events.emit("credentials.renewed", event));
    from.on("lease.rotated", ({ path, current, previous, reason }) =>
      events.emit("credentials.rotated", { path, id: current.id, previous: previous?.id, reason }),
    );
    from.on("lease.expired", (event) => events.emit("credentials.expired", event));
    from.on("lease.revoked", (event) => events.emit("credentials.revoked", event));
    from.on("lease.revoke.denied", ({ path, policy }) =>
      events.emit("warning", {
        message: `Vault does not let us revoke leases of ${path}, so they run out instead; add to the policy: ${policy}`,
      }),
    );
  }
}
