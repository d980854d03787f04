import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import { abortable } from "@minicluster/core";
import type { DecodedPacket } from "dns-packet";
import { type DnsQuestion, decodeAnswer, encodeQuestion } from "./dns-message.ts";

export interface DnsServer {
  readonly host: string;
  readonly port: number;
}

/**
 * Asks over UDP, from a port of its own. The socket is connected, so that the kernel drops what others send and a
 * server that is not there is known at once; what does not answer the question is ignored.
 *
 * @throws the socket's error; the signal's reason
 */
export async function askUdp(server: DnsServer, question: DnsQuestion, signal: AbortSignal): Promise<DecodedPacket> {
  signal.throwIfAborted();
  const socket = createSocket(isIPv6(server.host) ? "udp6" : "udp4");
  const answered = new Promise<DecodedPacket>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (packet) => {
      const answer = decodeAnswer(packet, question);
      if (answer) resolve(answer);
    });
    socket.connect(server.port, server.host, () => {
      try {
        socket.send(encodeQuestion(question), (error) => error && reject(error));
      } catch (error) {
        reject(error);
      }
    });
  });
  try {
    return await abortable(answered, signal);
  } finally {
    socket.close();
  }
}

/**
 * Asks over TCP (RFC 7766): a length of two bytes, then the message.
 *
 * @throws the socket's error, or one that says what was wrong with the answer; the signal's reason
 */
export async function askTcp(server: DnsServer, question: DnsQuestion, signal: AbortSignal): Promise<DecodedPacket> {
  signal.throwIfAborted();
  const socket = connect(server.port, server.host);
  const answered = new Promise<DecodedPacket>((resolve, reject) => {
    let received = Buffer.alloc(0);
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the connection was closed before the answer was complete")));
    socket.on("connect", () => {
      const message = encodeQuestion(question);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    });
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const answer = decodeAnswer(received.subarray(2, 2 + received.readUInt16BE(0)), question);
      if (answer) resolve(answer);
      else reject(new Error("the answer makes no sense"));
    });
  });
  try {
    return await abortable(answered, signal);
  } finally {
    socket.destroy();
  }
}
