import { MiniclusterError } from "@minicluster/core";

/**
 * What the SDK itself throws; errors of its parts pass through as they are.
 *
 * | code | kind | when |
 * | --- | --- | --- |
 * | `CLUSTER_LEFT` | invalid | used after `leave()` |
 * | `CLUSTER_NO_LOGIN` | invalid | `vault` or `mysql()` without a login to Vault in the environment |
 * | `CLUSTER_NOT_READY` | unreachable | `ready()` ran out of time; the message names the parts that are not fresh, and why |
 */
export class SdkError extends MiniclusterError {}
