import type { IncomingMessage, ServerResponse } from "node:http";
import { methodOf } from "../embedded/list-method.ts";
import { VaultFailure } from "./failure.ts";

/** A request off the wire, complete, so that a standby can hand it on. */
export interface HttpCall {
  readonly method: string;
  /** Decoded, with its leading slash. */
  readonly path: string;
  /** As it came, for a redirect. */
  readonly url: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

export interface HttpReply {
  readonly status: number;
  /** JSON; undefined: no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Vault's own limit (`max_request_size` of a listener). */
const largestBody = 32 * 1024 * 1024;

/** @throws VaultFailure 400 for a path that is no URL, 413 for a body over 32 MiB */
export async function readCall(request: IncomingMessage): Promise<HttpCall> {
  const url = request.url ?? "/";
  const [rawPath = "/"] = url.split("?", 1);
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return {
    method: methodOf(request),
    path: decodedPath(rawPath),
    url,
    query: new URLSearchParams(url.slice(rawPath.length + 1)),
    headers,
    body: await bodyOf(request),
    remoteAddress: request.socket.remoteAddress ?? "",
    remotePort: request.socket.remotePort ?? 0,
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestBody) throw new VaultFailure(413, "http: request body too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** @throws VaultFailure 400 for a path that is no URL */
export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new VaultFailure(400, "invalid URL escape");
  }
}

export function writeReply(response: ServerResponse, reply: HttpReply, withBody: boolean): void {
  if (response.destroyed) return;
  response.statusCode = reply.status;
  response.setHeader("Cache-Control", "no-store");
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.status !== 307) response.setHeader("Content-Type", "application/json");
  if (reply.body === undefined) return void response.end();
  response.end(withBody ? `${JSON.stringify(reply.body)}\n` : undefined);
}

/** A failure as Vault writes it. */
export function failureReply(error: unknown): HttpReply {
  if (error instanceof VaultFailure) return { status: error.status, body: { errors: error.errors } };
  throw error;
}
