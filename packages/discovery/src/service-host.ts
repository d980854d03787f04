/** A service as a host name says it. */
export interface ServiceHost {
  readonly service: string;
  readonly tag: string | undefined;
}

/**
 * The service in `NAME.service.consul` or `TAG.NAME.service.consul`; undefined for any other host name, those of
 * another data centre (`NAME.service.DC.consul`) included.
 *
 * @see https://developer.hashicorp.com/consul/docs/services/discovery/dns-static-lookups
 */
export function serviceOfHost(hostname: string, domain = "consul"): ServiceHost | undefined {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  const suffix = `.service.${domain}`;
  if (!host.endsWith(suffix)) return undefined;
  const labels = host.slice(0, -suffix.length).split(".");
  const service = labels.pop();
  if (!service || labels.includes("")) return undefined;
  return { service, tag: labels.length === 0 ? undefined : labels.join(".") };
}
