export type { Binary } from "./binary.ts";
export { cacheDirectory } from "./cache-directory.ts";
export { type Consul, type ConsulService, type StartConsulOptions, startConsul } from "./consul.ts";
export { findConsul } from "./consul-binary.ts";
export { type StartEmbeddedConsulOptions, startEmbeddedConsul } from "./embedded-consul/start-embedded-consul.ts";
export {
  type EmbeddedVault,
  type EmbeddedVaultReply,
  type EmbeddedVaultRequest,
  type StartEmbeddedVaultOptions,
  startEmbeddedVault,
} from "./embedded-vault/embedded-vault.ts";
export type { VaultMysqlDriver } from "./embedded-vault/engine.ts";
export { type EmbeddedVaultStorage, embeddedVaultStorage } from "./embedded-vault/vault-storage.ts";
export { ServersError, type ServersErrorCode } from "./errors.ts";
export { type FileLockOptions, lockFile } from "./file-lock.ts";
export { type Leg, requireLeg } from "./legs.ts";
export { type Mariadb, type Row, type StartMariadbOptions, startMariadb } from "./mariadb.ts";
export { findMariadb, type MariadbBinary } from "./mariadb-binary.ts";
export type { FetchOptions, OnProgress } from "./progress.ts";
export type { RestartOptions, ServerEvents, ServerHandle } from "./server-handle.ts";
export type { StartOptions } from "./start-options.ts";
export { type ProcessHandle, type ProcessPlace, type StartProcessOptions, startProcess } from "./start-process.ts";
export {
  startUnsealedVault,
  type UnsealedVault,
  type UnsealOptions,
  unseal,
} from "./unsealed-vault.ts";
export { type StartVaultOptions, startVault, type Vault, type VaultStatus } from "./vault.ts";
export { findVault, type VaultVersion } from "./vault-binary.ts";
export type { VaultStorage } from "./vault-configuration.ts";
