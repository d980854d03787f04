import { isIP, isIPv4 } from "node:net";
import { datacenter } from "./agent.ts";
import type { CatalogNode, Instance } from "./catalog-entry.ts";
import type { CatalogTable } from "./catalog-table.ts";
import { domain, isOurs, readName } from "./dns-name.ts";
import { type DnsRecord, typeNumbers } from "./dns-record.ts";
import { addressHex } from "./ipv6-bytes.ts";

export interface DnsFound {
  /** NOERROR, or NXDOMAIN. */
  exists: boolean;
  answers: readonly DnsRecord[];
  additionals: readonly DnsRecord[];
  /** Where it exists and has no such record, whether the domain's SOA says so. */
  tellsSoa: boolean;
}

/** A question below the domain. */
export interface DnsAsked {
  /** As it was written; the answer repeats it. */
  name: string;
  type: number;
}

const unknown: DnsFound = { exists: false, answers: [], additionals: [], tellsSoa: true };
const { A, AAAA, ANY, SRV, TXT } = typeNumbers;
/** What a node may be asked for; anything else it has none of, whether it is known or not. */
const nodeTypes: readonly number[] = [A, AAAA, ANY, TXT];
/** How often the target of a CNAME is looked up in turn. */
const deepest = 3;
const mostAliases = 5;

/** Finds what a name below the domain stands for, in a random order; what is critical is left out. */
export class DnsLookup {
  readonly #catalog: CatalogTable;
  readonly #random: () => number;

  constructor(catalog: CatalogTable, random: () => number = Math.random) {
    this.#catalog = catalog;
    this.#random = random;
  }

  find(asked: DnsAsked, depth: number = deepest): DnsFound {
    const target = readName(asked.name.toLowerCase(), asked.type === SRV);
    switch (target.kind) {
      case "service":
        return target.datacenter === datacenter ? this.#service(asked, target, depth) : unknown;
      case "node":
        return this.#node(asked, target, depth);
      case "address": {
        const answers = target.address ? [addressRecord(asked.name.toLowerCase(), target.address)] : [];
        return { exists: true, answers, additionals: [], tellsSoa: false };
      }
      default:
        return unknown;
    }
  }

  /** Whether it asks for what is registered. */
  needsCatalog({ name, type }: DnsAsked): boolean {
    const { kind } = readName(name.toLowerCase(), type === SRV);
    return kind === "service" || (kind === "node" && nodeTypes.includes(type));
  }

  /** The servers, three of them at most. */
  nameServers(): { records: DnsRecord[]; addresses: DnsRecord[] } {
    const servers = shuffled(this.#catalog.instances("consul"), this.#random).slice(0, 3);
    return {
      records: servers.map(({ entry }) => ({ type: "NS", name: domain, target: nodeName(entry.node) })),
      addresses: servers.map(({ entry: { node } }) => addressRecord(nodeName(node), node.Address)),
    };
  }

  /** The name of a node, else of a service, that has the address, given in hex. */
  nameOf(hex: string): string | undefined {
    const isIt = (address: string): boolean => isIP(address) > 0 && addressHex(address) === hex;
    const entry = this.#catalog.nodes().find(({ node }) => isIt(node.Address));
    if (entry) return nodeName(entry.node);
    for (const instances of this.#catalog.services()) {
      for (const { service } of instances) {
        if (isIt(service.Address)) return `${service.Service}.service.${datacenter}.${domain}`;
      }
    }
    return undefined;
  }

  #service(asked: DnsAsked, { service, tag }: { service: string; tag: string }, depth: number): DnsFound {
    const instances = this.#catalog.instances(service).filter((instance) => {
      const { Tags } = instance.service;
      if (tag !== "" && !Tags.some((own) => own.toLowerCase() === tag)) return false;
      return this.#catalog.checksOf(instance).every(({ Status }) => Status !== "critical");
    });
    if (instances.length === 0) return unknown;
    const inOrder = shuffled(instances, this.#random);
    const found = asked.type === SRV ? this.#targets(asked, inOrder, depth) : this.#addresses(asked, inOrder, depth);
    return { exists: true, ...found, tellsSoa: true };
  }

  #addresses(asked: DnsAsked, instances: readonly Instance[], depth: number): Records {
    const answers: DnsRecord[] = [];
    let alias: DnsRecord[] = [];
    const told = new Set<string>();
    for (const { entry, service } of instances) {
      const address = service.Address || entry.node.Address;
      if (told.has(address)) continue;
      told.add(address);
      const records = this.#records(asked, address, depth);
      // A name that nobody here can resolve is told where there is nothing else.
      if (records.length === 1 && records[0]?.type === "CNAME") alias = records;
      else answers.push(...records);
    }
    return { answers: answers.length > 0 ? answers : alias, additionals: [] };
  }

  #targets(asked: DnsAsked, instances: readonly Instance[], depth: number): Records {
    const answers: DnsRecord[] = [];
    const additionals: DnsRecord[] = [];
    const told = new Set<string>();
    for (const instance of instances) {
      const { node } = instance.entry;
      const { Address, Port } = instance.service;
      const key = `${node.Node}:${Address}:${Port}`;
      if (told.has(key)) continue;
      told.add(key);
      const address = Address || node.Address;
      const target = targetName(node, Address);
      answers.push({ type: "SRV", name: asked.name, weight: this.#weight(instance), port: Port, target });
      additionals.push(...(isIP(address) ? [addressRecord(target, address)] : this.#resolve(address, depth)));
      additionals.push(...metaRecords(nodeName(node), node));
    }
    return { answers, additionals };
  }

  #node(asked: DnsAsked, target: { node: string; datacenter: string }, depth: number): DnsFound {
    const { type } = asked;
    const nothing = { exists: true, answers: [], additionals: [], tellsSoa: false };
    if (!nodeTypes.includes(type)) return nothing;
    const node = this.#catalog.node(target.node)?.node;
    if (!node || target.datacenter !== datacenter) return unknown;
    const meta = metaRecords(asked.name, node);
    const records = type === TXT ? [] : this.#records(asked, node.Address, depth);
    if (type === ANY || type === TXT) return { ...nothing, answers: [...records, ...meta] };
    return { ...nothing, answers: records, additionals: meta };
  }

  /** What an address is in an answer to other than SRV. */
  #records({ name, type }: DnsAsked, address: string, depth: number): DnsRecord[] {
    if (!isIP(address)) return [{ type: "CNAME", name, target: address }, ...this.#resolve(address, depth)];
    const own = isIPv4(address) ? A : AAAA;
    return [own, ANY, TXT].includes(type) ? [addressRecord(name, address)] : [];
  }

  /** A name below the domain can be resolved here. */
  #resolve(name: string, depth: number): DnsRecord[] {
    if (depth === 0 || !isOurs(name.toLowerCase())) return [];
    const { answers } = this.find({ name, type: ANY }, depth - 1);
    return answers.filter(({ type }) => type !== "TXT").slice(0, mostAliases);
  }

  #weight(instance: Instance): number {
    const { Passing, Warning } = instance.service.Weights;
    return this.#catalog.checksOf(instance).some(({ Status }) => Status === "warning") ? Warning : Passing;
  }
}

interface Records {
  answers: DnsRecord[];
  additionals: DnsRecord[];
}

function targetName(node: CatalogNode, serviceAddress: string): string {
  if (serviceAddress === "") return isIP(node.Address) ? nodeName(node) : node.Address;
  return isIP(serviceAddress) ? `${addressHex(serviceAddress)}.addr.${datacenter}.${domain}` : serviceAddress;
}

function nodeName({ Node }: CatalogNode): string {
  return `${Node}.node.${datacenter}.${domain}`;
}

function addressRecord(name: string, address: string): DnsRecord {
  return { type: isIPv4(address) ? "A" : "AAAA", name, address };
}

/** A key of RFC 1035 is for the record's type; its value stands alone. */
function metaRecords(name: string, { Meta }: CatalogNode): DnsRecord[] {
  return Object.entries(Meta ?? {}).map(([key, value]) => {
    return { type: "TXT", name, text: key.toLowerCase().startsWith("rfc1035-") ? value : `${key}=${value}` };
  });
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [copy[last], copy[other]] = [copy[other] as T, copy[last] as T];
  }
  return copy;
}
