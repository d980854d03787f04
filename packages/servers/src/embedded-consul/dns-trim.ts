import { type DnsAnswer, messageLength } from "./dns-message.ts";
import type { DnsQuery } from "./dns-query.ts";
import type { DnsRecord } from "./dns-record.ts";

/** What fits into any datagram (RFC 1035 section 4.2.1). */
const plainBytes = 512;
/** How many records a client gets that does not say that it takes more. */
const plainRecords = 3;
/** What Consul leaves free for the header of the datagram. */
const datagramHeaderBytes = 8;
const longestDatagramBytes = 65_507;
const longestMessageBytes = 65_535;

/**
 * An answer as short as UDP wants it. Consul leaves out records without a word (TC is not set unless the agent is told
 * to), so that a client never knows. https://developer.hashicorp.com/consul/docs/reference/agent/configuration-file/dns#enable_truncate
 */
export function trimmedForUdp(query: DnsQuery, answer: DnsAnswer): DnsAnswer {
  const size = Math.min(Math.max(query.udpSize ?? 0, plainBytes), longestDatagramBytes);
  const few = size === plainBytes && answer.answers.length > plainRecords;
  const first = few ? withAnswers(answer, plainRecords) : answer;
  // Where records were left out, the rest is measured as if its names were written in full.
  return fitting(query, first, { bytes: size - datagramHeaderBytes, compress: !few });
}

/** As many as a message over TCP holds. */
export function trimmedForTcp(query: DnsQuery, answer: DnsAnswer): DnsAnswer {
  return fitting(query, answer, { bytes: longestMessageBytes, compress: true });
}

function fitting(query: DnsQuery, answer: DnsAnswer, limit: { bytes: number; compress: boolean }): DnsAnswer {
  const fits = (shorter: DnsAnswer): boolean => messageLength(query, shorter, limit.compress) <= limit.bytes;
  if (answer.answers.length < 2 || fits(answer)) return answer;
  let least = 1;
  let most = answer.answers.length;
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (fits(withAnswers(answer, middle))) least = middle;
    else most = middle;
  }
  return withAnswers(answer, least);
}

/** The first answers, and the additional records that these still name, each once. */
function withAnswers(answer: DnsAnswer, count: number): DnsAnswer {
  const answers = answer.answers.slice(0, count);
  const named = new Set(answers.map((record) => ("target" in record ? record.target : record.name)));
  const told = new Set<string>();
  const additionals = answer.additionals.filter((record) => {
    const key = JSON.stringify(record);
    if (told.has(key) || !reaches(named, record)) return false;
    told.add(key);
    return true;
  });
  return { ...answer, answers, authorities: [], additionals };
}

/** Also the target of a CNAME that is kept. */
function reaches(named: Set<string>, record: DnsRecord): boolean {
  if (!named.has(record.name)) return false;
  if (record.type === "CNAME") named.add(record.target);
  return true;
}
