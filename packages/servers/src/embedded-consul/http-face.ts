import type { IncomingMessage, ServerResponse } from "node:http";
import type { Agent } from "./agent.ts";
import type { Answer } from "./answer.ts";
import { ConsulFailure, notImplemented } from "./failure.ts";
import { writeJson } from "./json.ts";
import { missingRoutes } from "./missing-routes.ts";
import { Query } from "./query.ts";
import { HttpRequest } from "./request.ts";
import type { Method, Route } from "./route.ts";
import { Router } from "./router.ts";
import { routes } from "./routes.ts";

const router = new Router(routes);
const missing = new Router(missingRoutes.map((path) => ({ path, methods: [], handle: () => ({}) })));

export interface HttpFaceOptions {
  agent: Agent;
  /** Before an answer is sent: at once, or after the agent's pause. */
  passed: () => Promise<void>;
  /** A line for the agent's log. */
  note: (line: string) => void;
}

/** Consul's HTTP interface: one request to its route, one answer back. Whatever comes, it is answered. */
export class HttpFace {
  readonly #options: HttpFaceOptions;
  readonly #open = new Set<AbortController>();

  constructor(options: HttpFaceOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const asking = new AbortController();
    this.#open.add(asking);
    response.once("close", () => {
      this.#open.delete(asking);
      asking.abort(new ConsulFailure(500, "the client hung up"));
    });
    const url = message.url ?? "/";
    const [rawPath = "", rawQuery = ""] = url.split(/\?(.*)/s, 2);
    const { signal } = asking;
    const what = `${message.method} ${rawPath}`;
    try {
      const asked = this.#answer(message, { rawPath, rawQuery, signal });
      const answer = await asked.catch((error: unknown) => this.#refuse(error, what));
      await this.#options.passed();
      if (!signal.aborted) send(message, response, answer, /(?:^|[&;])pretty(?:$|[=&;])/.test(rawQuery));
    } catch (error) {
      // An answer that can't be written.
      this.#refuse(error, what);
      response.destroy();
    }
  }

  /** Ends every request that still waits. */
  end(reason: unknown): void {
    for (const asking of this.#open) asking.abort(reason);
  }

  async #answer(
    message: IncomingMessage,
    { rawPath, rawQuery, signal }: { rawPath: string; rawQuery: string; signal: AbortSignal },
  ): Promise<Answer> {
    const path = printable(rawPath);
    const method = message.method ?? "GET";
    const found = router.find(path);
    if (!found) return unknown(path);
    if ("redirect" in found) {
      return moved(method, encodeURI(found.redirect) + (rawQuery === "" ? "" : `?${rawQuery}`));
    }
    const { route, rest } = found;
    const query = queryOf(rawQuery);
    const allow = ["OPTIONS", ...route.methods].join(",");
    if (method === "OPTIONS") return { headers: { Allow: allow } };
    if (!route.methods.includes(method as Method)) {
      throw new ConsulFailure(405, `method ${method} not allowed`, { Allow: allow });
    }
    checkParameters(route, { query, namespace: message.headers["x-consul-namespace"] });
    const { agent } = this.#options;
    return await route.handle(new HttpRequest({ message, path, rest, query, agent, signal }));
  }

  #refuse(error: unknown, what: string): Answer {
    if (error instanceof ConsulFailure) {
      return { status: error.status, text: error.message, headers: error.headers };
    }
    this.#options.note(`[ERROR] agent.http: ${what}: ${error instanceof Error ? error.stack : String(error)}`);
    return { status: 500, text: `embedded Consul: ${String(error)}` };
  }
}

function unknown(path: string): Answer {
  if (path === "/") return { text: "Consul Agent" };
  const known = missing.find(path);
  if (known && "route" in known) throw notImplemented(path);
  return { status: 404 };
}

function moved(method: string, location: string): Answer {
  const escaped = location.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const text = method === "GET" ? `<a href="${escaped}">Moved Permanently</a>.\n\n` : "";
  return { status: 301, text, type: "text/html; charset=utf-8", headers: { Location: location } };
}

/** What is no path, or has characters that can't be printed, is refused before any route sees it. */
function printable(rawPath: string): string {
  if (/%(?![0-9a-f]{2})/i.test(rawPath)) throw new ConsulFailure(400, "400 Bad Request");
  let path: string;
  try {
    path = decodeURIComponent(rawPath);
  } catch {
    throw notImplemented("a path that is not UTF-8");
  }
  if (/\p{C}/u.test(path)) throw new ConsulFailure(400, "");
  return path;
}

function queryOf(rawQuery: string): Query {
  try {
    return new Query(rawQuery);
  } catch {
    throw new ConsulFailure(500, "");
  }
}

/** Places that don't look at `?ns`. */
const anyNamespace: ReadonlySet<string> = new Set([
  "/v1/agent/maintenance",
  "/v1/agent/members",
  "/v1/agent/self",
  "/v1/catalog/datacenters",
  "/v1/catalog/nodes",
  "/v1/status/leader",
  "/v1/status/peers",
]);

function checkParameters(
  route: Route,
  { query, namespace }: { query: Query; namespace: string | string[] | undefined },
): void {
  const looks = !anyNamespace.has(route.path);
  const where = namespace ? 'header: "X-Consul-Namespace"' : query.get("ns") === "" ? "" : 'query parameter: "ns"';
  if (looks && where !== "") {
    throw new ConsulFailure(400, `Bad request: Invalid ${where} - Namespaces are a Consul Enterprise feature`);
  }
  if (query.has("filter") && !route.filters) throw notImplemented(`the parameter "filter" of ${route.path}`);
}

function send(message: IncomingMessage, response: ServerResponse, answer: Answer, pretty: boolean): void {
  // Bytes, as Node would write the headers of a text as UTF-8 too.
  const body = Buffer.from(answer.json === undefined ? (answer.text ?? "") : writeJson(answer.json, pretty));
  const type = answer.json === undefined ? (answer.type ?? "text/plain; charset=utf-8") : "application/json";
  const headers: Record<string, string | number> = { Vary: "Accept-Encoding" };
  for (const [name, value] of Object.entries(answer.headers ?? {})) headers[name] = bytesOf(value);
  if (body.length > 0) headers["Content-Type"] = type;
  headers["Content-Length"] = body.length;
  // What was not read of the body is not waited for.
  if (!message.complete) headers["Connection"] = "close";
  response.writeHead(answer.status ?? 200, headers);
  response.end(body, () => {
    if (!message.complete) message.destroy();
  });
}

/** A header as its UTF-8 bytes, one a character: Node writes them so, and Go writes UTF-8. */
function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
