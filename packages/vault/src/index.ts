export type { VaultAddressSource } from "./addresses.ts";
export type { Json } from "./answer.ts";
export { VaultClient, type VaultClientOptions } from "./client.ts";
export { VaultError, type VaultErrorCode } from "./error.ts";
export type { NodeHealth, NodeState } from "./health.ts";
export type { CallOptions, VaultRequest } from "./request.ts";
