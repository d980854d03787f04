import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent, type Dispatcher } from "undici";

/** What Vault says while it does not work; `nothing`: it takes the request and never answers. */
export type VaultFault = "403" | "lease not found" | "429" | "500" | "garbage" | "half a body" | "nothing";

export interface VaultProxyOptions {
  /** The base URL of the node that leads; asked for each request. A rejection cuts the request's connection. */
  upstream: () => Promise<string>;
}

/** A request that came by. */
export interface Passed {
  /** As in Vault's manual, without `/v1/`. */
  path: string;
  fault: VaultFault | undefined;
  /** What the client was told; undefined where it was told nothing, or not all of it. */
  status: number | undefined;
  /** What Vault itself answered; undefined where it was not asked. */
  upstream: number | undefined;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  path: string;
  passed: Passed;
  forward: () => Promise<Answer>;
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/**
 * A proxy between services and Vault, on a port of 127.0.0.1, that passes everything on until it is told to answer in
 * Vault's stead. Services get it as VAULT_ADDR.
 *
 * @example
 * await using proxy = await VaultProxy.start({ upstream: async () => (await cluster.vault.active()).address });
 * proxy.answer("500");
 */
export class VaultProxy implements AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly address: string;
  readonly requests: Passed[] = [];
  readonly #server: Server;
  readonly #agent = new Agent();
  readonly #options: VaultProxyOptions;
  #fault: VaultFault | undefined;

  private constructor(server: Server, options: VaultProxyOptions) {
    this.#server = server;
    this.#options = options;
    this.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response));
  }

  static async start(options: VaultProxyOptions): Promise<VaultProxy> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new VaultProxy(server, options);
  }

  /** From the next request on. What is on its way gets the answer that it came for. */
  answer(fault: VaultFault): void {
    this.#fault = fault;
  }

  pass(): void {
    this.#fault = undefined;
  }

  /** How many requests went by in which `where` holds: `({ path }) => path.includes("/creds/")`. */
  count(where: (passed: Passed) => boolean): number {
    return this.requests.filter(where).length;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await Promise.all([closed, this.#agent.destroy()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = this.#fault;
    const path = new URL(request.url ?? "/", this.address).pathname.replace(/^\/v1\//, "");
    const passed: Passed = { path, fault, status: undefined, upstream: undefined };
    this.requests.push(passed);
    try {
      const body = await bytesOf(request);
      const forward = (): Promise<Answer> => this.#forward(request, body, passed);
      await (fault ? answers[fault] : passOn)({ request, response, path, passed, forward });
    } catch {
      response.destroy();
    }
  }

  async #forward(request: IncomingMessage, body: Buffer, passed: Passed): Promise<Answer> {
    const answer = await this.#agent.request({
      origin: await this.#options.upstream(),
      path: request.url ?? "/",
      method: request.method as Dispatcher.HttpMethod,
      headers: endToEnd(request.headers),
      body: body.length > 0 ? body : null,
    });
    passed.upstream = answer.statusCode;
    return {
      status: answer.statusCode,
      headers: endToEnd(answer.headers),
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  }
}

const answers: Record<VaultFault, (exchange: Exchange) => Promise<void> | void> = {
  "403": (exchange) => say(exchange, 403, errors("permission denied")),
  // As Vault says it of a lease that has ended; all else it knows.
  "lease not found": (exchange) =>
    exchange.path === "sys/leases/renew" ? say(exchange, 400, errors("lease not found")) : passOn(exchange),
  "429": (exchange) => say(exchange, 429, errors("request path rate limit quota exceeded")),
  "500": (exchange) => say(exchange, 500, errors("internal error")),
  garbage: (exchange) => say(exchange, 200, "<html>Please log in to use this network</html>", "text/html"),
  "half a body": halfOf,
  nothing: () => {},
};

async function passOn(exchange: Exchange): Promise<void> {
  const { status, headers, body } = await exchange.forward();
  exchange.passed.status = status;
  exchange.response.writeHead(status, headers).end(body);
}

/** Vault does what it was asked to do; its answer breaks off in the middle. */
async function halfOf({ response, forward }: Exchange): Promise<void> {
  const { status, headers, body } = await forward();
  if (body.length < 2) return void response.destroy();
  response.writeHead(status, { ...headers, "content-length": body.length });
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}

function say({ response, passed }: Exchange, status: number, text: string, type = "application/json"): void {
  passed.status = status;
  response.writeHead(status, { "content-type": type }).end(text);
}

function errors(message: string): string {
  return `${JSON.stringify({ errors: [message] })}\n`;
}

/** Headers that are about one connection only (RFC 9110, section 7.6.1), and those that sending sets anew. */
const hopByHop = ["connection", "content-length", "expect", "host", "keep-alive", "transfer-encoding", "upgrade"];

function endToEnd(headers: Readonly<Record<string, string | string[] | undefined>>): Answer["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)));
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
