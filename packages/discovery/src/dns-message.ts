import { type DecodedPacket, decode, encode } from "dns-packet";

export type DnsQuestionType = "SRV" | "A" | "AAAA";

export interface DnsQuestion {
  readonly id: number;
  readonly name: string;
  readonly type: DnsQuestionType;
}

/** What we offer to take over UDP; Consul trims to it. */
const udpPayloadSize = 4_096;

/** A question with EDNS0 (RFC 6891). */
export function encodeQuestion({ id, name, type }: DnsQuestion): Buffer {
  return encode({
    type: "query",
    id,
    flags: 0x0100,
    questions: [{ name, type, class: "IN" }],
    additionals: [
      {
        type: "OPT",
        name: ".",
        udpPayloadSize,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
}

/** The answer to `question`, or undefined when the packet is anything else: garbage, another's, a forgery. */
export function decodeAnswer(packet: Buffer, question: DnsQuestion): DecodedPacket | undefined {
  try {
    const answer = decode(packet);
    const asked = answer.questions?.[0];
    if (answer.type !== "response" || answer.id !== question.id || answer.questions?.length !== 1) return undefined;
    if (asked?.type !== question.type || asked.name.toLowerCase() !== question.name.toLowerCase()) return undefined;
    return answer;
  } catch {
    return undefined;
  }
}

/** The response code (RFC 1035 section 4.1.1): the low four bits of the flags. */
export function responseCode(answer: DecodedPacket): number {
  return (answer.flags ?? 0) & 0x0f;
}
