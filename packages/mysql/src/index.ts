export { type Address, type AddressSource, staticAddress } from "./address.ts";
export {
  type Credentials,
  type CredentialsSource,
  type StaticCredentials,
  staticCredentials,
} from "./credentials.ts";
export type { MysqlDriver } from "./driver.ts";
export { MysqlError, type MysqlErrorCode } from "./errors.ts";
export type { GenerationFacts, PoolEvents } from "./events.ts";
export type { PoolHealth } from "./health.ts";
export { createPool, type RotatingPool } from "./pool.ts";
export { type SequelizeOptions, sequelizeOptions } from "./sequelize.ts";
export type { PoolOptions } from "./settings.ts";
export type { PoolStats } from "./stats.ts";
export type { TlsIdentity, TlsSource } from "./tls.ts";
