import { DiscoveryError } from "./errors.ts";
import type { CheckStatus, Instance } from "./instance.ts";

/**
 * The instances in an answer of `/v1/health/service/NAME`, or an error when anything in it is not as Consul writes it:
 * half an answer is not believed.
 *
 * @see https://developer.hashicorp.com/consul/api-docs/health#list-service-instances-for-service
 * @throws DiscoveryError `CONSUL_GARBAGE`
 */
export function instancesFromHealth(body: unknown, service: string): Instance[] {
  if (!Array.isArray(body)) throw garbage(service, "not a list");
  return body.map((entry: unknown) => instanceFrom(entry, service));
}

function instanceFrom(entry: unknown, name: string): Instance {
  const { Node: node, Service: service, Checks: checks } = fields(entry);
  const { Node: nodeName, Address: nodeAddress } = fields(node);
  const { ID: id, Service: serviceName, Address: own, Port: port, Tags: tags, Meta: meta } = fields(service);
  const address = own === "" || own === null || own === undefined ? nodeAddress : own;
  if (!isText(nodeName) || !isText(id) || !isText(serviceName)) throw garbage(name, "an instance without a name");
  if (!isText(address)) throw garbage(name, `${id} has no address`);
  if (!isPort(port)) throw garbage(name, `${id} has no port number`);
  return Object.freeze({
    id,
    service: serviceName,
    node: nodeName,
    address,
    port,
    tags: Object.freeze(Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : []),
    meta: Object.freeze(textFields(meta)),
    status: worstStatus(checks, name),
  });
}

const severities: readonly CheckStatus[] = ["passing", "warning", "critical"];

/** The worst of the checks; an instance without any is passing. A status we don't know counts as critical. */
function worstStatus(checks: unknown, service: string): CheckStatus {
  if (checks === null || checks === undefined) return "passing";
  if (!Array.isArray(checks)) throw garbage(service, "checks that are not a list");
  const worst = checks.map((check: unknown) => {
    const severity = severities.indexOf(fields(check).Status as CheckStatus);
    return severity === -1 ? severities.length - 1 : severity;
  });
  return severities[Math.max(0, ...worst)] ?? "critical";
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textFields(value: unknown): Record<string, string> {
  const entries = Object.entries(fields(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_535;
}

function garbage(service: string, problem: string): DiscoveryError {
  return new DiscoveryError("CONSUL_GARBAGE", `looking up ${service}: Consul's answer makes no sense: ${problem}`);
}
