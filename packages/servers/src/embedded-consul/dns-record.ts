/** A resource record that the embedded DNS answers with. Names have no dot at their end; the TTL is always 0. */
export type DnsRecord =
  | { type: "A" | "AAAA"; name: string; address: string }
  | { type: "CNAME" | "NS" | "PTR"; name: string; target: string }
  | { type: "TXT"; name: string; text: string }
  | { type: "SRV"; name: string; weight: number; port: number; target: string }
  | { type: "SOA"; name: string; serial: number };

export interface DnsSections {
  answers: readonly DnsRecord[];
  authorities: readonly DnsRecord[];
  additionals: readonly DnsRecord[];
}

/** Numbers of the record types (RFC 1035 section 3.2, RFC 3596, RFC 2782). */
export const typeNumbers: Readonly<Record<DnsRecord["type"] | "ANY" | "AXFR", number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  AXFR: 252,
  ANY: 255,
};
