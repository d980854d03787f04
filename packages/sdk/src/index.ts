export type { Announcement, AnnounceOptions, Instance } from "@minicluster/discovery";
export type { RotatingPool } from "@minicluster/mysql";
export { Cluster, type JoinOptions, type ReadyOptions } from "./cluster.ts";
export { SdkError } from "./errors.ts";
export type { ClusterEvents } from "./events.ts";
export type { ClusterHealth, HealthStatus, PartHealth } from "./health.ts";
export type { HealthChange } from "./health-watch.ts";
export type { ClusterMysqlOptions } from "./mysql-part.ts";
export { ServiceClient } from "./service-client.ts";
