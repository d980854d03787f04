import { datacenter } from "./agent.ts";

/** What a name below the domain asks for. */
export type DnsTarget =
  | { kind: "service"; service: string; tag: string; datacenter: string }
  | { kind: "node"; node: string; datacenter: string }
  | { kind: "address"; address: string | undefined }
  | { kind: "nothing" };

export const domain = "consul";
const nothing: DnsTarget = { kind: "nothing" };
const kinds = new Set(["service", "node", "addr", "query", "connect", "ingress"]);

/** Whether it is the domain, or below it. */
export function isOurs(name: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

/**
 * Reads a name below the domain, in lower case. https://developer.hashicorp.com/consul/docs/discover/dns
 *
 * @param isSrv the question is for SRV, where `_name._tag` needs no `service` after it
 */
export function readName(name: string, isSrv: boolean): DnsTarget {
  const labels = name.split(".").slice(0, -1);
  const at = labels.findLastIndex((label) => kinds.has(label) || (isSrv && label.startsWith("_")));
  if (at < 0) return nothing;
  const word = labels[at] as string;
  const isWord = kinds.has(word);
  const before = labels.slice(0, isWord ? at : at + 1);
  const after = labels.slice(at + 1);
  if (before.length === 0) return nothing;
  if (word === "addr") return before.length === 1 ? addressOf(before[0] ?? "") : nothing;
  if (after.length > 1) return nothing;
  const [wanted = datacenter] = after;
  if (word === "node") return { kind: "node", node: before.join("."), datacenter: wanted };
  return word === "service" || !isWord ? { ...serviceOf(before), datacenter: wanted } : nothing;
}

function serviceOf(labels: readonly string[]): { kind: "service"; service: string; tag: string } {
  const [first = "", second = ""] = labels;
  // RFC 2782; `_tcp` stands for any tag.
  if (labels.length === 2 && first.startsWith("_") && second.startsWith("_")) {
    const tag = second.slice(1);
    return { kind: "service", service: first.slice(1), tag: tag === "tcp" ? "" : tag };
  }
  return { kind: "service", service: labels.at(-1) ?? "", tag: labels.slice(0, -1).join(".") };
}

/** An address in hex; where it has another length than one, there is no such record, but the name is a name. */
function addressOf(hex: string): DnsTarget {
  const bytes = Math.floor(hex.length / 2);
  if (bytes !== 4 && bytes !== 16) return { kind: "address", address: undefined };
  if (!/^(?:[0-9a-f]{2})+$/.test(hex)) return nothing;
  if (bytes === 4) return { kind: "address", address: [...Buffer.from(hex, "hex")].join(".") };
  return { kind: "address", address: (hex.match(/.{4}/g) ?? []).join(":") };
}

/** In hex, the address that a name below in-addr.arpa or ip6.arpa stands for; undefined for any other. */
export function reverseHex(name: string): string | undefined {
  const four = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name)?.slice(1).map(Number);
  if (four) return Buffer.from(four.reverse()).toString("hex");
  const digits = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1];
  return digits?.replaceAll(".", "").split("").reverse().join("");
}
