import { decode } from "dns-packet";
import { typeNumbers } from "./dns-record.ts";

/** A question that can be answered. */
export interface DnsQuery {
  id: number;
  /** What of the question's flags the answer repeats: the operation, and for a query RD and CD. */
  flags: number;
  name: string;
  type: number;
  /** Name, type and class as they came. */
  question: Buffer;
  /** How much the client takes over UDP, when it says so with EDNS0. */
  udpSize: number | undefined;
}

const response = 0x8000;
const operationBits = 0x7800;
const recursionDesired = 0x0100;
const checkingDisabled = 0x0010;
const notify = 4;
const formatError = 1;
const notImplemented = 4;
const refused = 5;
const headerBytes = 12;
const typeAndClassBytes = 4;

/**
 * Reads a message as Consul's DNS library does: what is no question at all is undefined and gets no answer; a Buffer is
 * the answer to what is malformed.
 */
export function readQuery(packet: Buffer): DnsQuery | Buffer | undefined {
  if (packet.length < headerBytes) return undefined;
  const [id, bits, questions, answers, authorities, additionals] = [0, 2, 4, 6, 8, 10].map((at) =>
    packet.readUInt16BE(at),
  ) as [number, number, number, number, number, number];
  if (bits & response) return undefined;
  const operation = (bits & operationBits) >> 11;
  if (operation !== 0 && operation !== notify) return header(id, bits | response, notImplemented);
  const malformed = header(id, (bits & ~operationBits) | response, formatError);
  if (questions !== 1 || answers > 1 || authorities > 1 || additionals > 2) return malformed;
  if (packet.length === headerBytes) return header(id, (bits & recursionDesired) | response, refused);
  // A type or class that is not there is 0.
  const padded = Buffer.concat([packet, Buffer.alloc(typeAndClassBytes)]);
  const asked = decoded(padded, { alone: true });
  if (!asked || (asked.end - packet.length) % 2 === 1) return malformed;
  const { name, end } = asked;
  // Whatever the header says: where nothing follows, nothing is missing.
  const udpSize = end < packet.length && additionals > 0 ? decoded(packet, { alone: false })?.udpSize : undefined;
  const kept = operationBits | (operation === 0 ? recursionDesired | checkingDisabled : 0);
  return {
    id,
    flags: bits & kept,
    name,
    type: padded.readUInt16BE(end - typeAndClassBytes),
    question: padded.subarray(headerBytes, end),
    udpSize,
  };
}

/** `alone`: the question, and nothing of what follows. */
function decoded(
  packet: Buffer,
  { alone }: { alone: boolean },
): { name: string; end: number; udpSize: number | undefined } | undefined {
  const copy = Buffer.from(packet);
  if (alone) copy.fill(0, 6, headerBytes);
  try {
    const { questions, additionals } = decode(copy);
    const name = questions?.[0]?.name ?? "";
    const opt = additionals?.find((record) => record.type === "OPT");
    return { name: name === "." ? "" : name, end: decode.bytes, udpSize: opt?.udpPayloadSize };
  } catch {
    return undefined;
  }
}

function header(id: number, bits: number, code: number): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt16BE((bits & ~0x000f) | code, 2);
  return bytes;
}

/** A zone transfer, which Consul does not do. */
export function isTransfer({ type }: DnsQuery): boolean {
  return type === typeNumbers.AXFR;
}
