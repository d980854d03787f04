import { Operator, unsealVault } from "@minicluster/admin";
import { type Clock, retry, type Secret, withDeadline } from "@minicluster/core";
import type { Vault, VaultStatus } from "@minicluster/servers";
import { DevClusterError } from "./errors.ts";

export interface DevVaultState {
  nodes: readonly Vault[];
  rootToken: Secret;
  keys: readonly Secret[];
  clock: Clock;
}

const sealMs = 30_000;

/** The Vault of a development cluster: its nodes, and what an operator does to them. */
export class DevVault {
  /** Each with its own handle, whatever its part is at the moment. */
  readonly nodes: readonly Vault[];
  readonly rootToken: Secret;
  /** The shares of the unseal key. */
  readonly keys: readonly Secret[];
  readonly #clock: Clock;

  constructor(state: DevVaultState) {
    this.nodes = state.nodes;
    this.rootToken = state.rootToken;
    this.keys = state.keys;
    this.#clock = state.clock;
  }

  /** The node that leads now. @throws DevClusterError `DEVCLUSTER_VAULT_AWAY` when none does */
  active(): Promise<Vault> {
    return this.#one("active");
  }

  /** A node that stands by now. @throws DevClusterError `DEVCLUSTER_VAULT_AWAY` when none does */
  standby(): Promise<Vault> {
    return this.#one("standby");
  }

  /**
   * Unseals one node, or all that run. One of them leads soon after; up to half a minute later when a leader was killed.
   *
   * @throws DevClusterError `DEVCLUSTER_UNSEAL_FAILED`
   */
  async unseal(node?: Vault): Promise<void> {
    const nodes = node ? [node] : this.nodes.filter((each) => each.running && !each.paused);
    const addresses = nodes.map(({ address }) => address);
    if (addresses.length === 0) return;
    const results = await unsealVault({ addresses, keys: this.keys, clock: this.#clock });
    for (const { address, done, reason } of results) {
      if (done === "updated" || done === "unchanged") continue;
      throw new DevClusterError("DEVCLUSTER_UNSEAL_FAILED", `unsealing ${address}: ${reason ?? done}`);
    }
  }

  /** Seals every node that runs, one leader after the other (a node that stands by can't be sealed); 30 s at most. */
  async seal(): Promise<void> {
    const clock = this.#clock;
    await withDeadline({ clock, ms: sealMs, phase: "sealing every Vault" }, (signal) =>
      retry({ clock, signal, capMs: 200, retryable: () => true }, async () => {
        const statuses = await this.#statuses();
        const leaders = this.nodes.filter((_, index) => statuses[index] === "active");
        for (const { address } of leaders) {
          await using vault = await this.operator([address]);
          await vault.write("sys/seal", {});
        }
        if (leaders.length > 0 || statuses.includes("standby")) throw this.#away("sealed");
      }),
    );
  }

  /** A client with the root token. */
  operator(addresses: readonly string[] = this.nodes.map(({ address }) => address)): ReturnType<Operator["vault"]> {
    return new Operator({ env: { VAULT_TOKEN: this.rootToken.reveal() }, vaults: addresses }).vault();
  }

  async #one(wanted: VaultStatus): Promise<Vault> {
    const statuses = await this.#statuses();
    const node = this.nodes[statuses.indexOf(wanted)];
    if (node) return node;
    throw this.#away(wanted, statuses);
  }

  #statuses(): Promise<VaultStatus[]> {
    return Promise.all(this.nodes.map((node) => node.status()));
  }

  #away(wanted: VaultStatus, statuses: readonly VaultStatus[] = []): DevClusterError {
    const seen = this.nodes.map(({ name }, index) => `${name} ${statuses[index] ?? "unsealed"}`).join(", ");
    return new DevClusterError("DEVCLUSTER_VAULT_AWAY", `no Vault is ${wanted} now: ${seen}`);
  }
}
