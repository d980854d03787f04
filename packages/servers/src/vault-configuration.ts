import type { Consul } from "./consul.ts";

/** Where a Vault keeps its data: in a Consul (several nodes may share it), in its own directory, or in memory. */
export type VaultStorage = Consul | "file" | "inmem";

export interface VaultConfigurationOptions {
  storage: VaultStorage;
  directory: string;
  port: number;
  clusterPort: number;
  /** The agent in which it registers as service `vault`. Default: the one it stores in. */
  registration?: Consul | undefined;
}

/** The server's configuration file. Everything that says how it listens is in `listener`. */
export function vaultConfiguration(options: VaultConfigurationOptions): Record<string, unknown> {
  const { storage, directory, port, clusterPort, registration } = options;
  const [api, cluster] = [`127.0.0.1:${port}`, `127.0.0.1:${clusterPort}`];
  return {
    storage: storageStanza(storage, directory),
    ...(registration && { service_registration: { consul: consulStanza(registration) } }),
    listener: [{ tcp: { address: api, cluster_address: cluster, tls_disable: true } }],
    api_addr: `http://${api}`,
    cluster_addr: `https://${cluster}`,
    disable_mlock: true,
    log_level: "warn",
  };
}

function storageStanza(storage: VaultStorage, directory: string): Record<string, unknown> {
  if (storage === "inmem") return { inmem: {} };
  if (storage === "file") return { file: { path: directory } };
  return { consul: { ...consulStanza(storage), path: "vault/" } };
}

function consulStanza(consul: Consul): Record<string, string> {
  const token = consul.bootstrapToken;
  return { address: new URL(consul.address).host, scheme: "http", ...(token && { token: token.reveal() }) };
}
