import { livesOf, type MountEntry } from "../mount-entry.ts";
import { wholeSeconds } from "../vault-duration.ts";

/** A mount as `sys/mounts` and `sys/auth` list it. */
export function mountShape(entry: MountEntry): Record<string, unknown> {
  const { type, description, accessor, config, options, local, sealWrap, uuid, table } = entry;
  return {
    accessor,
    config: {
      default_lease_ttl: wholeSeconds(config.defaultTtlMs),
      force_no_cache: config.forceNoCache,
      max_lease_ttl: wholeSeconds(config.maxTtlMs),
      ...(table === "auth" && { token_type: config.tokenType ?? "default-service" }),
      ...lists(entry),
    },
    description,
    external_entropy_access: false,
    local,
    options,
    seal_wrap: sealWrap,
    type,
    uuid,
  };
}

/** A mount's settings as its `tune` shows them. */
export function tuneShape(entry: MountEntry): Record<string, unknown> {
  const { config, description, table, options } = entry;
  const { defaultTtlMs, maxTtlMs } = livesOf(entry);
  return {
    default_lease_ttl: wholeSeconds(defaultTtlMs),
    description,
    force_no_cache: config.forceNoCache,
    max_lease_ttl: wholeSeconds(maxTtlMs),
    ...(table === "auth" && { token_type: config.tokenType ?? "default-service" }),
    ...(options && Object.keys(options).length > 0 && { options }),
    ...lists(entry),
  };
}

function lists({ config }: MountEntry): Record<string, unknown> {
  return {
    ...(config.auditNonHmacRequestKeys && { audit_non_hmac_request_keys: config.auditNonHmacRequestKeys }),
    ...(config.auditNonHmacResponseKeys && { audit_non_hmac_response_keys: config.auditNonHmacResponseKeys }),
    ...(config.passthroughRequestHeaders && { passthrough_request_headers: config.passthroughRequestHeaders }),
    ...(config.listingVisibility && { listing_visibility: config.listingVisibility }),
  };
}
