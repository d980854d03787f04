export type { DevCluster } from "./dev-cluster.ts";
export type { DevConsul } from "./dev-consul.ts";
export type { DevVault } from "./dev-vault.ts";
export { DevClusterError, type DevClusterErrorCode } from "./errors.ts";
export type { DevClusterOptions, DevMysqlOptions, DevVaultOptions, ServerEngine } from "./options.ts";
export type { RunOptions, ServiceProcess } from "./service-process.ts";
export { startDevCluster } from "./start-dev-cluster.ts";
