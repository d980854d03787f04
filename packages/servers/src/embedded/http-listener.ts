import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { Gate } from "./gate.ts";

export interface HttpListenerOptions {
  host: string;
  port: number;
  /** Closed while the server is paused: a request waits before it is looked at. */
  gate: Gate;
  onRequest: RequestListener;
  /** Called with each new server, before it listens. */
  onServer?: ((server: Server) => void) | undefined;
}

/** A port that speaks HTTP, as often opened and closed as its server is started and ended. */
export class HttpListener {
  readonly #options: HttpListenerOptions;
  #server: Server | undefined;

  constructor(options: HttpListenerOptions) {
    this.#options = options;
  }

  /** @throws the error of listen(2), such as EADDRINUSE */
  async open(): Promise<void> {
    const { host, port, gate, onRequest, onServer } = this.#options;
    const server = createServer((request, response) => {
      void gate.passed().then(() => {
        if (this.#server === server) onRequest(request, response);
        else response.destroy();
      });
    });
    onServer?.(server);
    server.listen(port, host);
    await once(server, "listening");
    this.#server = server;
  }

  /** Takes no more connections and cuts the open ones. */
  async cut(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }
}
