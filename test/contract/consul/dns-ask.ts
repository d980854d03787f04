import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { abortable, systemClock, withDeadline } from "@minicluster/core";
import type { Consul } from "@minicluster/servers";
import { type Answer, decode, encode, type RecordType as KnownType } from "dns-packet";

/** dns-packet can write more than its types tell. */
export type RecordType = KnownType | "ANY";

/** How a question is asked. */
export interface DnsOptions {
  /** The size that EDNS0 offers. */
  edns?: number;
  tcp?: boolean;
  recursion?: boolean;
}

/** A question as it is sent. */
export function question(name: string, type: RecordType, { edns, recursion = true }: DnsOptions = {}): Buffer {
  const opt = { ednsVersion: 0, extendedRcode: 0, flags: 0, flag_do: false, options: [] };
  return encode({
    type: "query",
    id: 4_711,
    flags: recursion ? 0x0100 : 0,
    questions: [{ name, type: type as KnownType, class: "IN" }],
    additionals: edns === undefined ? [] : [{ type: "OPT", name: ".", udpPayloadSize: edns, ...opt }],
  });
}

/** The answer to a message; undefined when none comes in time, or the connection is closed without one. */
export async function send(
  consul: Consul,
  message: Buffer,
  { tcp = false, ms = 5_000 } = {},
): Promise<Buffer | undefined> {
  const [host = "", port = ""] = consul.dnsAddress.split(":");
  try {
    return await withDeadline({ clock: systemClock, ms, phase: "DNS" }, (signal) =>
      (tcp ? overTcp : overUdp)({ host, port: Number(port) }, message, signal),
    );
  } catch {
    return undefined;
  }
}

async function overUdp({ host, port }: { host: string; port: number }, message: Buffer, signal: AbortSignal) {
  const socket = createSocket("udp4");
  const answer = new Promise<Buffer>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", resolve);
    socket.connect(port, host, () => socket.send(message));
  });
  try {
    return await abortable(answer, signal);
  } finally {
    socket.close();
  }
}

async function overTcp({ host, port }: { host: string; port: number }, message: Buffer, signal: AbortSignal) {
  const socket = connect(port, host);
  const answer = new Promise<Buffer>((resolve, reject) => {
    let received = Buffer.alloc(0);
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed")));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length > 2 && received.length >= 2 + received.readUInt16BE(0)) resolve(received.subarray(2));
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    socket.write(Buffer.concat([length, message]));
  });
  try {
    return await abortable(answer, signal);
  } finally {
    socket.destroy();
  }
}

/** An answer without its order, which is random, and without its time. */
export function told(message: Buffer | undefined) {
  if (!message) return "no answer";
  const { questions, answers, authorities, additionals } = decode(message);
  return {
    length: message.length,
    flags: message.readUInt16BE(2).toString(16),
    questions,
    answers: sorted(answers),
    authorities: sorted(authorities),
    additionals: sorted(additionals),
  };
}

function sorted(records: readonly Answer[] | undefined): string[] {
  return (records ?? [])
    .map((record) => {
      if (record.type === "OPT") return `OPT ${record.udpPayloadSize}`;
      const { name, type, ttl, data } = record as { name: string; type: string; ttl: number; data: unknown };
      const shown = type === "SOA" ? { ...(data as object), serial: "now" } : type === "TXT" ? String(data) : data;
      return `${name} ${ttl} ${type} ${JSON.stringify(shown)}`;
    })
    .sort();
}
