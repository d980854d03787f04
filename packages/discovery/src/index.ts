export type { AnnounceOptions, HttpCheckOptions, TtlCheckOptions } from "./announce-options.ts";
export { Announcement, type AnnouncementEvents } from "./announcement.ts";
export type { Pick, PickPolicy } from "./balancer.ts";
export { type ConsulOptions, consulOptionsFromEnv } from "./consul-options.ts";
export { consul } from "./consul-source.ts";
export {
  Discovery,
  type DiscoveryEvents,
  type DiscoveryOptions,
  type NodeOptions,
  type PickOptions,
  type ResolveOptions,
} from "./discovery.ts";
export { DiscoveryError, type DiscoveryErrorCode } from "./errors.ts";
export { type FixedInstance, type FixedOptions, fixed } from "./fixed-source.ts";
export { type CheckStatus, type Instance, instanceKey, type StatusFilter } from "./instance.ts";
export { ServiceWatch, type ServiceWatchEvents } from "./service-watch.ts";
export type { Source } from "./source.ts";
export type { ServiceFilter } from "./table.ts";
export type { ViewChange } from "./view.ts";
