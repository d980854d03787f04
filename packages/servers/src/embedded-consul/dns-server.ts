import { createSocket, type Socket as Datagrams, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "@minicluster/core";
import type { DnsResponder } from "./dns-responder.ts";

export interface DnsServerOptions {
  host: string;
  port: number;
  responder: DnsResponder;
  clock: Clock;
  /** At once, or after the agent's pause. */
  passed: () => Promise<void>;
  /** A line for the agent's log. */
  note: (line: string) => void;
}

/** A client that sends nothing for so long is cut. */
const idleMs = 8_000;

/** A port that speaks DNS over UDP and TCP (RFC 7766), as often opened and closed as its agent is started and ended. */
export class DnsServer {
  readonly #options: DnsServerOptions;
  readonly #connections = new Set<Socket>();
  #signal: AbortSignal = AbortSignal.abort();
  #datagrams: Datagrams | undefined;
  #server: Server | undefined;

  constructor(options: DnsServerOptions) {
    this.#options = options;
  }

  /**
   * @throws the error of bind(2) or listen(2), such as EADDRINUSE
   * @param signal ends what is asked meanwhile
   */
  async open(signal: AbortSignal): Promise<void> {
    const { host, port } = this.#options;
    this.#signal = signal;
    const datagrams = createSocket("udp4");
    datagrams.on("message", (packet, from) => void this.#datagram(datagrams, packet, from));
    datagrams.bind(port, host);
    this.#datagrams = datagrams;
    await once(datagrams, "listening");
    datagrams.on("error", (error) => this.#options.note(`[ERROR] agent.dns: ${error.message}`));
    const server = createServer((socket) => this.#connection(socket));
    server.listen(port, host);
    this.#server = server;
    await once(server, "listening");
  }

  /** Takes no more questions and cuts the open connections. */
  async cut(): Promise<void> {
    const [datagrams, server] = [this.#datagrams, this.#server];
    this.#datagrams = undefined;
    this.#server = undefined;
    const ended: Promise<unknown>[] = [];
    if (datagrams) {
      ended.push(once(datagrams, "close"));
      datagrams.close();
    }
    if (server?.listening) {
      ended.push(once(server, "close"));
      server.close();
    }
    for (const socket of this.#connections) socket.destroy();
    await Promise.all(ended);
  }

  async #datagram(datagrams: Datagrams, packet: Buffer, from: RemoteInfo): Promise<void> {
    const answer = await this.#respond(packet, "udp");
    if (answer && this.#datagrams === datagrams) datagrams.send(answer, from.port, from.address, () => {});
  }

  #connection(socket: Socket): void {
    this.#connections.add(socket);
    let cancel = this.#cutLater(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      cancel();
      this.#connections.delete(socket);
    });
    let received: Buffer = Buffer.alloc(0);
    let turn: Promise<void> = Promise.resolve();
    socket.on("data", (chunk: Buffer) => {
      cancel();
      cancel = this.#cutLater(socket);
      received = Buffer.concat([received, chunk]);
      for (let end = endOf(received); end !== undefined; end = endOf(received)) {
        const message = received.subarray(2, end);
        received = received.subarray(end);
        turn = turn.then(() => this.#message(socket, message));
      }
    });
  }

  #cutLater(socket: Socket): () => void {
    return this.#options.clock.after(idleMs, () => socket.destroy());
  }

  async #message(socket: Socket, message: Buffer): Promise<void> {
    const answer = await this.#respond(message, "tcp");
    if (socket.destroyed) return;
    // Who sends what is no question is not listened to any longer.
    if (!answer) return void socket.destroy();
    const length = Buffer.alloc(2);
    length.writeUInt16BE(answer.length);
    socket.write(Buffer.concat([length, answer]));
  }

  async #respond(packet: Buffer, transport: "udp" | "tcp"): Promise<Buffer | undefined> {
    const { responder, passed, note } = this.#options;
    await passed();
    try {
      const answer = await responder.respond(packet, { transport, signal: this.#signal });
      await passed();
      return answer;
    } catch (error) {
      note(`[ERROR] agent.dns: ${error instanceof Error ? error.stack : String(error)}`);
      return undefined;
    }
  }
}

/** Where the first message ends, length included, once all of it is there. */
function endOf(received: Buffer): number | undefined {
  if (received.length < 2) return undefined;
  const end = 2 + received.readUInt16BE(0);
  return received.length < end ? undefined : end;
}
