import type { Answer, DecodedPacket, SrvAnswer } from "dns-packet";
import type { Instance } from "./instance.ts";

/** A target of an SRV answer; its address when the answer brought it along. */
export interface SrvTarget {
  readonly target: string;
  readonly port: number;
  readonly address: string | undefined;
}

/** The targets of an SRV answer, those of the best priority first (RFC 2782), each once. */
export function srvTargets(answer: DecodedPacket): SrvTarget[] {
  const records = (answer.answers ?? []).filter((record): record is SrvAnswer => record.type === "SRV");
  const addresses = new Map<string, string>();
  for (const record of [...(answer.additionals ?? []), ...(answer.answers ?? [])]) {
    const address = addressOf(record);
    if (address !== undefined) addresses.set(record.name.toLowerCase(), address);
  }
  const targets = new Map<string, SrvTarget>();
  for (const { data } of records.sort((one, other) => (one.data.priority ?? 0) - (other.data.priority ?? 0))) {
    const target = data.target.toLowerCase();
    const key = `${target}:${data.port}`;
    if (!targets.has(key)) targets.set(key, { target, port: data.port, address: addresses.get(target) });
  }
  return [...targets.values()];
}

/** The first address in an answer to A or AAAA. */
export function firstAddress(answer: DecodedPacket): string | undefined {
  return (answer.answers ?? []).map(addressOf).find((address) => address !== undefined);
}

/** How long an answer may be kept, by its records; a negative one by its SOA (RFC 2308). Undefined where none says. */
export function timeToLiveMs(answer: DecodedPacket): number | undefined {
  const ttls = [...(answer.answers ?? []), ...(answer.authorities ?? [])].flatMap((record) => {
    const ttl = "ttl" in record && typeof record.ttl === "number" ? record.ttl : [];
    return record.type === "SOA" ? [Math.min(Number(ttl), record.data.minimum ?? 0)] : ttl;
  });
  return ttls.length === 0 ? undefined : Math.min(...ttls) * 1_000;
}

/** An instance as DNS tells of it: Consul answers with those that pass or warn, without saying which. */
export function instanceFromSrv(
  { target, port }: SrvTarget,
  known: { service: string; tag: string | undefined; address: string },
): Instance {
  const { service, tag, address } = known;
  const [label = "", kind] = target.split(".");
  return Object.freeze({
    id: `${address}:${port}`,
    service,
    node: kind === "node" ? label : address,
    address,
    port,
    tags: Object.freeze(tag === undefined ? [] : [tag]),
    meta: Object.freeze({}),
    status: "passing",
  });
}

function addressOf(record: Answer): string | undefined {
  return record.type === "A" || record.type === "AAAA" ? record.data : undefined;
}
