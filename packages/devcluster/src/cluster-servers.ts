import {
  type Consul,
  embeddedVaultStorage,
  type OnProgress,
  type StartOptions,
  startConsul,
  startEmbeddedConsul,
  startEmbeddedVault,
  startVault,
  type Vault,
} from "@minicluster/servers";
import type { ServerEngine } from "./options.ts";
import type { VaultSettings } from "./vault-settings.ts";

/** What every start is given. */
export type ServerStart = Pick<StartOptions, "signal" | "clock"> & { onProgress: OnProgress | undefined };

/** How the servers of an engine are started. */
export interface ClusterServers {
  /** A server, or with `join` the agent of a machine that runs services. */
  consul(start: ServerStart & { join?: Consul | undefined }): Promise<Consul>;
  /** What starts the nodes of one Vault, which registers with `consul`. */
  vault(consul: Consul, settings: VaultSettings): (start: ServerStart & { name: string }) => Promise<Vault>;
}

export const clusterServers: Readonly<Record<ServerEngine, ClusterServers>> = {
  real: {
    consul: ({ join, ...start }) => startConsul({ ...start, ...(join && { mode: "client", join }) }),
    vault:
      (storage, { version }) =>
      (start) =>
        startVault({ ...start, version, storage }),
  },
  embedded: {
    consul: ({ join, signal, clock }) => startEmbeddedConsul({ signal, clock, ...(join && { mode: "client", join }) }),
    vault: (registration, { takeover }) => {
      const storage = embeddedVaultStorage();
      return ({ name, signal, clock }) => startEmbeddedVault({ name, signal, clock, storage, registration, takeover });
    },
  },
};
