import { isIPv4 } from "node:net";
import { type DnsRecord, typeNumbers } from "./dns-record.ts";
import { ipv6Bytes } from "./ipv6-bytes.ts";

const internet = 1;
/** A pointer has 14 bits for the place it points to. */
const pointerEnd = 0x4000;
const pointer = 0xc000;
const longestLabel = 63;

/** Of the domain's SOA record. https://developer.hashicorp.com/consul/docs/reference/agent/configuration-file/dns#soa */
const soa = { refresh: 3_600, retry: 600, expire: 86_400, minimum: 0 };

/** A name that DNS can't tell. */
export class DnsNameFault extends Error {}

/**
 * Writes a DNS message (RFC 1035 section 4.1), whose names point to where they stood before: what is to fit into a
 * datagram is measured by it. dns-packet writes each name in full.
 */
export class DnsWriter {
  readonly #compress: boolean;
  readonly #parts: Buffer[] = [];
  readonly #places = new Map<string, number>();
  #length = 0;

  constructor(compress: boolean) {
    this.#compress = compress;
  }

  get length(): number {
    return this.#length;
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }

  bytes(bytes: Buffer): this {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return this;
  }

  uint16(...numbers: readonly number[]): this {
    const bytes = Buffer.alloc(numbers.length * 2);
    for (const [at, number] of numbers.entries()) bytes.writeUInt16BE(number, at * 2);
    return this.bytes(bytes);
  }

  uint32(...numbers: readonly number[]): this {
    const bytes = Buffer.alloc(numbers.length * 4);
    for (const [at, number] of numbers.entries()) bytes.writeUInt32BE(number, at * 4);
    return this.bytes(bytes);
  }

  /**
   * @throws DnsNameFault for a label that DNS has no room for
   * @param pointing whether it may end with a pointer; the target of an SRV record may not (RFC 2782)
   */
  name(name: string, pointing = true): this {
    for (let rest = name; rest !== ""; rest = rest.includes(".") ? rest.slice(rest.indexOf(".") + 1) : "") {
      const place = this.#places.get(rest);
      if (place !== undefined && pointing && this.#compress) return this.uint16(pointer | place);
      if (place === undefined && this.#length < pointerEnd) this.#places.set(rest, this.#length);
      const [label = ""] = rest.split(".", 1);
      const bytes = Buffer.from(label);
      if (bytes.length > longestLabel)
        throw new DnsNameFault(`a label of DNS has ${longestLabel} bytes at most: ${label}`);
      this.bytes(Buffer.of(bytes.length)).bytes(bytes);
    }
    return this.bytes(Buffer.of(0));
  }

  record(record: DnsRecord): this {
    this.name(record.name).uint16(typeNumbers[record.type], internet).uint32(0);
    const length = Buffer.alloc(2);
    this.bytes(length);
    const begin = this.#length;
    this.#data(record);
    length.writeUInt16BE(this.#length - begin);
    return this;
  }

  #data(record: DnsRecord): void {
    switch (record.type) {
      case "A":
      case "AAAA":
        this.bytes(isIPv4(record.address) ? ipv4Bytes(record.address) : ipv6Bytes(record.address));
        return;
      case "SRV":
        this.uint16(1, record.weight, record.port).name(record.target, false);
        return;
      case "TXT":
        for (const part of parts(Buffer.from(record.text))) this.bytes(Buffer.of(part.length)).bytes(part);
        return;
      case "SOA":
        this.name(`ns.${record.name}`).name(`hostmaster.${record.name}`);
        this.uint32(record.serial, soa.refresh, soa.retry, soa.expire, soa.minimum);
        return;
      default:
        this.name(record.target);
    }
  }
}

function ipv4Bytes(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

/** A string of a TXT record has 255 bytes at most. */
function parts(text: Buffer): Buffer[] {
  const found = [text.subarray(0, 255)];
  for (let at = 255; at < text.length; at += 255) found.push(text.subarray(at, at + 255));
  return found;
}
