import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

const header = "x-embedded-list";
const line = /^LIST (\/[^\r\n]*)\r\n/;

/**
 * Lets a server of node:http take the method LIST, which its parser does not know: the line is changed to a GET with a
 * header before it is parsed. {@link methodOf} gives the method back.
 */
export function acceptList(server: Server): void {
  const current = new WeakMap<Socket, IncomingMessage>();
  server.on("request", (request) => current.set(request.socket, request));
  server.on("connection", (socket: Socket) => {
    const parse = socket.listeners("data") as ((chunk: Buffer) => void)[];
    socket.removeAllListeners("data");
    socket.on("data", (chunk: Buffer) => {
      // Within a body it is no method. A request begins a chunk, as nobody sends the next before the answer.
      const begins = current.get(socket)?.complete ?? true;
      const bytes = begins && chunk.subarray(0, 5).toString("latin1") === "LIST " ? asGet(chunk) : chunk;
      for (const listener of parse) listener.call(socket, bytes);
    });
  });
}

/** The method as it was sent. */
export function methodOf(request: IncomingMessage): string {
  return request.headers[header] === undefined ? (request.method ?? "GET") : "LIST";
}

function asGet(chunk: Buffer): Buffer {
  const text = chunk.toString("latin1").replace(line, `GET $1\r\n${header}: 1\r\n`);
  return Buffer.from(text, "latin1");
}
