import type { DnsQuery } from "./dns-query.ts";
import type { DnsSections } from "./dns-record.ts";
import { DnsWriter } from "./dns-writer.ts";

export interface DnsAnswer extends DnsSections {
  /** RFC 1035 section 4.1.1: 0 for NOERROR, 2 for SERVFAIL, 3 for NXDOMAIN, 4 for NOTIMP, 5 for REFUSED. */
  code: number;
  /** From the one that has the say about the name. */
  authoritative: boolean;
  /** Whether it says that others can be asked through it. */
  recursive: boolean;
}

const response = 0x8000;
const authority = 0x0400;
const recursion = 0x0080;
const opt = 41;
/** What an OPT record takes: an empty name, and no options. */
const optBytes = 11;
/** What a question has beside the text of its name: a length in front, a 0 behind, type and class. */
const aroundName = 6;

/** An answer without records. */
export function bareAnswer(code: number, authoritative: boolean): DnsAnswer {
  return { code, authoritative, recursive: false, answers: [], authorities: [], additionals: [] };
}

/** The message; with an OPT record where the question had one, which names the same size. */
export function writeMessage(query: DnsQuery, answer: DnsAnswer, compress = true): Buffer {
  const { id, flags, question, name, udpSize } = query;
  const { code, answers, authorities, additionals } = answer;
  const bits = response | flags | (answer.authoritative ? authority : 0) | (answer.recursive ? recursion : 0) | code;
  const writer = new DnsWriter(compress);
  const withOpt = udpSize !== undefined && answer.authoritative;
  writer.uint16(id, bits, 1, answers.length, authorities.length, additionals.length + (withOpt ? 1 : 0));
  // Bytes that no text stands for are repeated as they came; no record has such a name.
  if (/^[!-~]*$/.test(name) && Buffer.byteLength(name) === question.length - aroundName) writer.name(name);
  else writer.bytes(question.subarray(0, -4));
  writer.bytes(question.subarray(-4));
  for (const record of [...answers, ...authorities, ...additionals]) writer.record(record);
  if (withOpt) writer.bytes(Buffer.of(0)).uint16(opt, udpSize).uint32(0).uint16(0);
  return writer.done();
}

/** Its length without the OPT record. */
export function messageLength(query: DnsQuery, answer: DnsAnswer, compress: boolean): number {
  const { length } = writeMessage(query, answer, compress);
  return query.udpSize !== undefined && answer.authoritative ? length - optBytes : length;
}
