import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it came. */
export interface Seen {
  method: string;
  path: string;
  url: string;
  token: string | undefined;
  headers: IncomingMessage["headers"];
  body: Record<string, unknown>;
}

/** What is answered: a status with a body, or a fault. */
export type Reply =
  | { status: number; body?: unknown; text?: string; headers?: Record<string, string> }
  | "hang"
  | "reset"
  | "half";

type Rule = (seen: Seen) => Reply | undefined | Promise<Reply | undefined>;

/** A Vault of a few paths, for faults that no real one shows on demand. Rules are asked first, the newest before all. */
export class FakeVault implements AsyncDisposable {
  readonly seen: Seen[] = [];
  /** Seconds that a login and a lease live. */
  tokenTtl = 3_600;
  leaseTtl = 60;
  /** Seconds that renewals grant; undefined: what was asked. */
  tokenGrant: number | undefined;
  leaseGrant: number | undefined;
  /** Tokens that are alive. */
  readonly tokens = new Set<string>();
  /** Leases that are alive, with their token. */
  readonly leases = new Map<string, string>();
  readonly #server: Server;
  readonly #rules: Rule[] = [];
  #count = 0;
  #answered = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => void this.#answer(request, response));
  }

  static async start(port = 0): Promise<FakeVault> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return new FakeVault(server);
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Answers `method path` (a prefix match on the path without /v1/) by this reply; returns a function that takes it back. */
  on(what: string, reply: Reply | Rule): () => void {
    const [method, prefix = ""] = what.split(" ");
    const rule: Rule = (seen) => {
      if ((method !== "*" && seen.method !== method) || !seen.path.startsWith(prefix)) return undefined;
      return typeof reply === "function" ? reply(seen) : reply;
    };
    this.#rules.unshift(rule);
    return () => void this.#rules.splice(this.#rules.indexOf(rule), 1);
  }

  count(method: string, prefix: string): number {
    return this.seen.filter((seen) => seen.method === method && seen.path.startsWith(prefix)).length;
  }

  /** Resolves when no request came for a moment and none is being answered: time may move on. */
  async quiet(): Promise<void> {
    for (let before = -1; before !== this.#answered; ) {
      before = this.#answered;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = request.url ?? "";
    const seen: Seen = {
      method: request.method ?? "",
      path: url.replace(/^\/v1\//, "").replace(/\?.*/, ""),
      url,
      token: request.headers["x-vault-token"] as string | undefined,
      headers: request.headers,
      body: text ? JSON.parse(text) : {},
    };
    this.seen.push(seen);
    let reply: Reply | undefined;
    for (const rule of this.#rules) {
      reply = await rule(seen);
      if (reply) break;
    }
    this.#send(response, reply ?? this.#own(seen));
    this.#answered += 1;
  }

  #send(response: ServerResponse, reply: Reply): void {
    if (reply === "hang") return;
    if (reply === "reset") return void response.socket?.resetAndDestroy();
    if (reply === "half") {
      response.writeHead(200, { "content-length": "1000" });
      response.write('{"lease_id":');
      return void setImmediate(() => response.socket?.destroy());
    }
    const body = reply.text ?? (reply.body === undefined ? "" : JSON.stringify(reply.body));
    response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers }).end(body);
  }

  #own(seen: Seen): Reply {
    const { path, token = "" } = seen;
    if (path === "sys/health") return { status: 200, body: { initialized: true, sealed: false, version: "fake" } };
    if (path === "sys/leader") return { status: 200, body: { leader_address: this.address } };
    if (/^auth\/.*\/login$/.test(path)) return this.#login();
    if (!this.tokens.has(token)) return { status: 403, body: { errors: ["permission denied"] } };
    if (path === "auth/token/lookup-self")
      return { status: 200, body: { data: { ttl: this.tokenTtl, renewable: true } } };
    if (path === "auth/token/renew-self") return this.#auth(token, this.tokenGrant ?? seconds(seen.body["increment"]));
    if (path === "auth/token/revoke-self") {
      this.tokens.delete(token);
      for (const [id, owner] of this.leases) if (owner === token) this.leases.delete(id);
      return { status: 204 };
    }
    if (path === "mysql/creds/todo") return this.#issue(token);
    if (path === "sys/leases/renew") return this.#renewLease(seen);
    if (path.startsWith("sys/leases/revoke/")) {
      this.leases.delete(path.slice("sys/leases/revoke/".length));
      return { status: 204 };
    }
    return { status: 404, body: { errors: [`no handler for route ${path}`] } };
  }

  #login(): Reply {
    this.#count += 1;
    const token = `hvs.fake-token-number-${this.#count}`;
    this.tokens.add(token);
    return this.#auth(token, this.tokenTtl);
  }

  #auth(token: string, ttl: number): Reply {
    const accessor = `accessor-${token.split("-").at(-1)}`;
    return { status: 200, body: { auth: { client_token: token, accessor, lease_duration: ttl, renewable: true } } };
  }

  #issue(token: string): Reply {
    this.#count += 1;
    const id = `mysql/creds/todo/lease-${this.#count}`;
    this.leases.set(id, token);
    const data = { username: `user-${this.#count}`, password: `password-of-${this.#count}` };
    return { status: 200, body: { lease_id: id, lease_duration: this.leaseTtl, renewable: true, data } };
  }

  #renewLease(seen: Seen): Reply {
    const id = String(seen.body["lease_id"]);
    if (!this.leases.has(id)) return { status: 400, body: { errors: ["lease not found"] } };
    const lease_duration = this.leaseGrant ?? seconds(seen.body["increment"]);
    return { status: 200, body: { lease_id: id, lease_duration, renewable: true } };
  }
}

function seconds(increment: unknown): number {
  return Number.parseInt(String(increment), 10);
}
