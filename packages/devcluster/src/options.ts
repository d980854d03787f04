import type { AuthName, EngineName } from "@minicluster/admin";
import type { Clock, Duration, Secret } from "@minicluster/core";
import type { OnProgress, StartMariadbOptions, VaultVersion } from "@minicluster/servers";

/** Who plays Consul and Vault: their own programs, or servers inside this process that behave like them. */
export type ServerEngine = "embedded" | "real";

export interface DevClusterOptions {
  /** Each gets a database, a role, a policy and a login. Default `["todo"]`, or those that `data` knows. */
  services?: readonly string[] | undefined;
  /** Default: "real" where `vault.version` is given, else "embedded". */
  engine?: ServerEngine | undefined;
  vault?: DevVaultOptions | undefined;
  mysql?: DevMysqlOptions | undefined;
  /**
   * A directory that keeps MariaDB's data and the cluster's configuration between runs; made where it isn't. What Consul
   * and Vault hold is never written there: Vault is new at each start, the accounts that it made before are dropped.
   */
  data?: string | undefined;
  /** Logins of each service in stock: so many instances get one at once, or while Vault is away. Default 8. */
  logins?: number | undefined;
  /** What is being got, started and configured, and how long it took. Default: downloads and builds only, to stderr. */
  onProgress?: OnProgress | undefined;
  /** Ends the start; what was started by then is closed. */
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
}

/** A private MariaDB with these settings of mariadbd (default), a server of yours, or none. */
export type DevMysqlOptions =
  | Pick<StartMariadbOptions, "settings">
  /** `mysql://USER:PASSWORD@HOST:PORT` of an account that may create databases, accounts and grants. */
  | { url: string | Secret }
  | false;

export interface DevVaultOptions {
  /** Makes the servers real ones. Default, with engine "real": `vault` on PATH or in MINICLUSTER_VAULT_BIN (`"path"`), else "1.11.0". */
  version?: VaultVersion | undefined;
  /** Nodes over one storage: one leads, the others stand by. Default 2. */
  nodes?: number | undefined;
  /** Embedded only: how long nobody leads after a leader was killed or frozen. Default "35s", as with real ones. */
  takeover?: Duration | undefined;
  /** How services log in. Default: app-id where Vault has it (before 1.12), AppRole otherwise. */
  auth?: AuthName | undefined;
  /** What makes their MySQL accounts. Default: `mysql` with app-id, `database` with AppRole. */
  engine?: EngineName | undefined;
  /** The life of credentials. Default "1m". */
  leaseTtl?: Duration | undefined;
  /** The longest that renewing makes it. Default "24h". */
  maxTtl?: Duration | undefined;
  /** Parts of the unseal key. Default 1. */
  shares?: number | undefined;
  /** Parts that unseal. Default 1. */
  threshold?: number | undefined;
}
