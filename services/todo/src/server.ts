import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type Clock, systemClock, withDeadline } from "@minicluster/core";
import type { Bind } from "./bind.ts";
import { TodoError } from "./errors.ts";

/** What a client may take, in milliseconds. */
export interface ClientTimeouts {
  /** From the first byte to the end of the headers. Default 5 s. */
  headersTimeout: number;
  /** From the first byte to the end of the body. Default 10 s. */
  requestTimeout: number;
  /** How often the two are looked at. Default 1 s; Node's own is 30 s. */
  connectionsCheckingInterval: number;
  /** Between two requests. Default 65 s: longer than clients keep idle connections, so that it is they who close them. */
  keepAliveTimeout: number;
}

const defaults: ClientTimeouts = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
};

/** Node's HTTP server: listens, and drains without cutting off an answer. */
export class TodoServer {
  readonly #server: Server;
  readonly #clock: Clock;
  /** Connections that have not sent a request; Node does not count them among the idle ones. */
  readonly #unused = new Set<Socket>();
  #draining = false;

  constructor(
    listener: RequestListener,
    options: { clock?: Clock | undefined; timeouts?: Partial<ClientTimeouts> | undefined } = {},
  ) {
    this.#clock = options.clock ?? systemClock;
    this.#server = createServer({ ...defaults, ...options.timeouts }, (request, response) => {
      this.#unused.delete(request.socket);
      this.#prepare(request, response);
      listener(request, response);
    });
    this.#server.on("connection", (socket: Socket) => {
      this.#unused.add(socket);
      socket.once("close", () => this.#unused.delete(socket));
    });
  }

  /** The address it listens on, with the real port. @throws TodoError `CANNOT_LISTEN` */
  listen({ host, port }: Bind): Promise<AddressInfo> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once("error", (cause: NodeJS.ErrnoException) => reject(cannotListen({ host, port }, cause)));
      server.listen(port, host, () => resolve(server.address() as AddressInfo));
    });
  }

  /**
   * Takes no new connections, lets every request in flight have its answer, and closes. What is not finished after
   * `deadlineMs` is cut off. Any number of calls. Never rejects.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    const server = this.#server;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#unused) if (socket.bytesRead === 0) socket.destroy();
    try {
      await withDeadline({ clock: this.#clock, ms: deadlineMs, phase: "draining" }, () => closed);
    } catch {
      server.closeAllConnections();
      await closed;
    }
  }

  /** Answers from here on tell their clients not to use the connection again; they are still accepted. */
  lastCalls(): void {
    this.#draining = true;
  }

  #prepare(request: IncomingMessage, response: ServerResponse): void {
    // A HTTP/1.1 connection persists unless told otherwise (RFC 9112, section 9.3), so nothing is said.
    if (request.httpVersion === "1.1") response.removeHeader("Connection");
    if (this.#draining) response.setHeader("Connection", "close");
    response.once("close", () => {
      if (this.#draining) setImmediate(() => this.#server.listening || this.#server.closeIdleConnections());
    });
  }
}

const listenFaults: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process listens there; stop it, or set BIND to another port",
  EACCES: "that port is not allowed for this user; set BIND to one above 1023",
  EADDRNOTAVAIL: "this machine has no such address; set BIND to one of its own",
};

function cannotListen({ host, port }: Bind, cause: NodeJS.ErrnoException): TodoError {
  const why = listenFaults[cause.code ?? ""] ?? cause.message;
  return new TodoError({ code: "CANNOT_LISTEN", message: `BIND: can't listen on ${host}:${port}: ${why}`, cause });
}
