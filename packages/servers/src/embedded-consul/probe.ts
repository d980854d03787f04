import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { CheckStatus } from "./catalog-entry.ts";
import type { CheckSpec } from "./check-spec.ts";

export interface Verdict {
  status: CheckStatus;
  output: string;
}

/** What an HTTP or TCP check finds now; when `signal` is aborted before it is done, that is what it finds. Never rejects. */
export function probe(spec: CheckSpec, signal: AbortSignal): Promise<Verdict> {
  return spec.type === "http" ? probeHttp(spec, signal) : probeTcp(spec.tcp, signal);
}

const redirects: Readonly<Record<number, "same" | "get">> = {
  301: "get",
  302: "get",
  303: "get",
  307: "same",
  308: "same",
};
const mostRedirects = 10;

async function probeHttp(spec: CheckSpec, signal: AbortSignal): Promise<Verdict> {
  const method = spec.method || "GET";
  const verb = method.slice(0, 1).toUpperCase() + method.slice(1).toLowerCase();
  try {
    const { answer, body } = await fetchFollowing(spec, method, signal);
    const code = answer.statusCode ?? 0;
    const status = code >= 200 && code <= 299 ? "passing" : code === 429 ? "warning" : "critical";
    const reason = `${code} ${answer.statusMessage ?? ""}`.trimEnd();
    return { status, output: `HTTP ${method} ${spec.http}: ${reason} Output: ${body}` };
  } catch (error) {
    const url = error instanceof UrlFault ? error.url : spec.http;
    return { status: "critical", output: `${verb} "${url}": ${faultOf(error, signal, true)}` };
  }
}

async function fetchFollowing(
  spec: CheckSpec,
  method: string,
  signal: AbortSignal,
): Promise<{ answer: IncomingMessage; body: string }> {
  let url = urlOf(spec.http);
  let verb = method;
  for (let hop = 0; hop <= mostRedirects; hop += 1) {
    const result = await fetchOnce({ spec, url, method: verb, signal });
    const how = redirects[result.answer.statusCode ?? 0];
    const { location } = result.answer.headers;
    if (how === "get" && location === undefined) {
      throw new UrlFault(`${result.answer.statusCode} response missing Location header`, url.href);
    }
    if (!how || location === undefined) return result;
    url = urlOf(location, url);
    if (how === "get" && verb !== "HEAD") verb = "GET";
  }
  throw new UrlFault(`stopped after ${mostRedirects} redirects`, url.href);
}

function urlOf(text: string, base?: URL): URL {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase() ?? base?.protocol.slice(0, -1) ?? "";
  if (scheme !== "http" && scheme !== "https") {
    throw new UrlFault(`unsupported protocol scheme ${JSON.stringify(scheme)}`, text);
  }
  return new URL(text, base);
}

class UrlFault extends Error {
  readonly url: string;

  constructor(message: string, url: string) {
    super(message);
    this.url = url;
  }
}

function fetchOnce(call: {
  spec: CheckSpec;
  url: URL;
  method: string;
  signal: AbortSignal;
}): Promise<{ answer: IncomingMessage; body: string }> {
  const { spec, url, method, signal } = call;
  const headers: Record<string, string | string[]> = {
    "User-Agent": "Consul Health Check",
    Accept: "text/plain, text/*, */*",
  };
  for (const [name, values] of Object.entries(spec.header)) {
    const standing = Object.keys(headers).find((known) => known.toLowerCase() === name.toLowerCase());
    if (standing) delete headers[standing];
    headers[name] = [...(values ?? [])];
  }
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: false, signal, rejectUnauthorized: !spec.tlsSkipVerify };
    const sent = send(url, options);
    sent.on("error", reject);
    sent.on("response", (answer) => {
      let kept = Buffer.alloc(0);
      // The last part of a long body is what is told.
      answer.on("data", (chunk: Buffer) => {
        kept = Buffer.concat([kept, chunk]).subarray(-spec.outputMaxSize);
      });
      const done = (): void => resolve({ answer, body: kept.toString("utf8") });
      answer.on("error", done);
      answer.on("end", done);
    });
    sent.end(spec.body === "" ? undefined : spec.body);
  });
}

function probeTcp(address: string, signal: AbortSignal): Promise<Verdict> {
  const [, host = "", port = ""] = /^\[?(.*?)\]?:([^:\]]*)$/s.exec(address) ?? [];
  const fault =
    port === ""
      ? `address ${address}: missing port in address`
      : /^\d+$/.test(port)
        ? Number(port) > 65_535 && `address ${port}: invalid port`
        : `address tcp/${port}: unknown port`;
  if (fault) return Promise.resolve({ status: "critical", output: `dial tcp: ${fault}` });
  return new Promise((resolve) => {
    const socket = connect({ host: host === "" ? "localhost" : host, port: Number(port), signal });
    socket.once("connect", () => {
      socket.destroy();
      resolve({ status: "passing", output: `TCP connect ${address}: Success` });
    });
    socket.once("error", (error) => {
      resolve({ status: "critical", output: faultOf(error, signal, false, address) });
    });
  });
}

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "connect: connection timed out",
};

/** Certificates that nobody vouches for, as Node names them. */
const untrusted: readonly string[] = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];

/** As Go tells it, where it is one of the usual ones. */
function faultOf(error: unknown, signal: AbortSignal, http: boolean, dialled?: string): string {
  const { code = "", address, port, message } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (signal.aborted) {
    return http
      ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
      : `dial tcp ${dialled}: i/o timeout`;
  }
  if (untrusted.includes(code)) return "x509: certificate signed by unknown authority";
  const cause = causes[code];
  if (cause) return `dial tcp ${address === undefined ? dialled : `${address}:${port}`}: ${cause}`;
  if (http && code === "ECONNRESET") return message === "socket hang up" ? "EOF" : "read: connection reset by peer";
  return message;
}
