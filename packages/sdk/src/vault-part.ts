import type { Emitter } from "@minicluster/core";
import type { Discovery, ServiceWatch } from "@minicluster/discovery";
import { Vault, type VaultEnvironment, type VaultOptions } from "@minicluster/vault";
import type { ClusterEvents } from "./events.ts";
import type { PartHealth } from "./health.ts";
import type { Part } from "./part.ts";
import { VaultAddress } from "./vault-address.ts";

export interface VaultPartOptions extends Pick<VaultOptions, "clock" | "random" | "dispatcher"> {
  environment: VaultEnvironment;
  discovery: Discovery;
  events: Emitter<ClusterEvents>;
}

/** How long leaving waits for leases and token to be revoked. */
const closeTimeout = "3s";

/** The login to Vault; without an address in the environment Vault is the service `vault` of the catalog. */
export class VaultPart implements Part {
  readonly vault: Vault;
  readonly #watch: ServiceWatch | undefined;

  constructor(options: VaultPartOptions) {
    const { environment, discovery, events, clock, random, dispatcher } = options;
    const { address, ...rest } = environment;
    if (address === undefined) this.#watch = discovery.watch("vault", { status: "any" });
    const scheme = environment.ca === undefined ? "http" : "https";
    const found = this.#watch && new VaultAddress(this.#watch, scheme);
    this.vault = new Vault({ ...rest, address: address ?? found ?? [], closeTimeout, clock, random, dispatcher });
    this.vault.events.on("leader.changed", (event) => events.emit("vault.leader", event));
    this.vault.events.on("token.rotated", ({ accessor, previous, reason }) =>
      events.emit("vault.token", { accessor, previous, reason }),
    );
    this.vault.start();
  }

  health(): PartHealth {
    const { state, lastError, tokenRemainingMs } = this.vault.health;
    if (state === "fresh") return { name: "vault", status: "passing" };
    const expired = tokenRemainingMs === undefined ? "not logged in yet" : "its token has expired";
    const reason = lastError ?? (state === "expired" ? expired : "it does not answer");
    // With a token it was there before, and what was fetched then may still serve.
    return { name: "vault", status: tokenRemainingMs === undefined ? "critical" : "degraded", reason };
  }

  async ready(options: { signal: AbortSignal }): Promise<void> {
    await this.vault.ready(options);
  }

  async close(): Promise<void> {
    await this.vault.close();
    this.#watch?.close();
  }
}
