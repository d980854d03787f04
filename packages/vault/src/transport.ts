import type { Dispatcher } from "undici";
import { type Json, parseJson } from "./answer.ts";
import { VaultError } from "./error.ts";
import { type ExchangeAnswer, exchange, TooLong } from "./exchange.ts";
import { outcomeOf, type Purpose } from "./outcome.ts";
import { redact, stringsOf } from "./redact.ts";

/** What a request carries through node-vault to the transport. */
export interface Passage {
  dispatcher: Dispatcher;
  signal: AbortSignal;
  maxBytes: number;
  purpose: Purpose;
  /** For messages: "reading mysql/creds/todo". */
  phase: string;
  path: string;
  /** Every status is an answer: `sys/health` speaks in statuses. */
  anyStatus: boolean;
  query: Record<string, string> | undefined;
  /** The token that goes into the header, and out of every message. */
  token: string | undefined;
  /** Called when the request went out. */
  onSent: () => void;
  /** Set when an answer came. */
  status: number;
  /** Set when a standby sent us to the active node. */
  redirectedTo: string | undefined;
}

/** What node-vault hands to its HTTP function. */
interface NodeVaultRequest {
  uri: string;
  method: string;
  json?: unknown;
  headers?: Record<string, string>;
  passage: Passage;
}

interface NodeVaultResponse {
  statusCode: number;
  body: Json | undefined;
  request: { path: string };
}

/** node-vault's `request-promise`: our HTTP in place of its own. */
export const transport = { defaults: (): typeof send => send };

async function send(request: NodeVaultRequest): Promise<NodeVaultResponse> {
  const { passage } = request;
  let answer = await once(request, new URL(request.uri));
  if (answer.status === 307) answer = await follow(request, answer);
  passage.status = answer.status;
  const body = bodyOf(passage, answer, request.json);
  return { statusCode: body === undefined ? 204 : 200, body, request: { path: "/" } };
}

/** A standby's 307: followed once, only to the node that this standby's `sys/leader` names, never from https to http. */
async function follow(request: NodeVaultRequest, answer: ExchangeAnswer): Promise<ExchangeAnswer> {
  const { passage } = request;
  const from = new URL(request.uri);
  const location = String(answer.headers["location"] ?? "");
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const leader = await leaderOf(request, from);
  const refusal =
    !target || (target.protocol !== "http:" && target.protocol !== "https:")
      ? "to no usable address"
      : from.protocol === "https:" && target.protocol !== "https:"
        ? "from https to http"
        : target.origin !== leader
          ? "to an address that sys/leader does not name"
          : target.pathname !== from.pathname
            ? "to another path"
            : undefined;
  if (!target || refusal) throw redirectRefused(passage, from, refusal ?? "");
  const second = await once(request, new URL(target.pathname + from.search, target.origin));
  if (second.status === 307) throw redirectRefused(passage, target, "a second time");
  passage.redirectedTo = target.origin;
  return second;
}

async function leaderOf(request: NodeVaultRequest, from: URL): Promise<string | undefined> {
  const { passage } = request;
  const url = new URL("/v1/sys/leader", from);
  const answer = await once(
    { uri: url.href, method: "GET", passage: { ...passage, token: undefined, onSent: () => {} } },
    url,
  );
  const address = parseJson(answer.text)?.["leader_address"];
  return typeof address === "string" && URL.canParse(address) ? new URL(address).origin : undefined;
}

async function once(request: NodeVaultRequest, target: URL): Promise<ExchangeAnswer> {
  const { passage } = request;
  const url = new URL(target);
  for (const [name, value] of Object.entries(passage.query ?? {})) url.searchParams.set(name, value);
  const headers: Record<string, string> = { accept: "application/json", ...request.headers, "x-vault-request": "true" };
  if (passage.token !== undefined) headers["x-vault-token"] = passage.token;
  let body: string | undefined;
  if (request.json !== undefined && request.json !== null) {
    body = JSON.stringify(request.json);
    headers["content-type"] ??= "application/json";
  }
  let sent = false;
  try {
    return await exchange({
      dispatcher: passage.dispatcher,
      url,
      method: request.method as "GET",
      headers,
      body,
      signal: passage.signal,
      maxBytes: passage.maxBytes,
      onSent: () => {
        sent = true;
        passage.onSent();
      },
    });
  } catch (error) {
    passage.signal.throwIfAborted();
    throw broken({ passage, url, sent, error });
  }
}

/** A request that got no whole answer. The library's error is named by its code only: it may hold anything. */
function broken(failure: { passage: Passage; url: URL; sent: boolean; error: unknown }): VaultError {
  const { passage, url, sent, error } = failure;
  const code = (error as { code?: unknown } | undefined)?.code;
  const why =
    error instanceof TooLong
      ? `the answer is longer than ${passage.maxBytes} bytes`
      : `${typeof code === "string" && /^[A-Z0-9_]{1,60}$/.test(code) ? code : "the request failed"}${sent ? " after it was sent" : ""}`;
  return new VaultError({
    code: error instanceof TooLong ? "VAULT_BAD_ANSWER" : "VAULT_UNREACHABLE",
    kind: "unreachable",
    message: `${passage.phase}: ${url.origin}: ${why}`,
    path: passage.path,
    mayHaveIssued: sent,
  });
}

/** The body of a success; undefined where there is none. @throws VaultError by the table of outcomes, or for garbage */
function bodyOf(passage: Passage, answer: ExchangeAnswer, sentBody: unknown): Json | undefined {
  const { status, text } = answer;
  const body = parseJson(text);
  if (passage.anyStatus || (status >= 200 && status < 300)) {
    if (status === 204 || body) return body;
    if (text === "" && !passage.anyStatus && status !== 200) return undefined;
    throw new VaultError({
      code: "VAULT_BAD_ANSWER",
      kind: "unreachable",
      message: `${passage.phase}: the answer (status ${status}) is not JSON: is this a Vault?`,
      status,
      path: passage.path,
      mayHaveIssued: true,
    });
  }
  const errors = Array.isArray(body?.["errors"]) ? body["errors"].filter((line) => typeof line === "string") : [];
  const raw = errors.join("; ");
  const outcome = outcomeOf(status, passage.purpose, raw);
  const says = redact(quoteless(passage, raw), secretsOf(passage, sentBody));
  const parts = [
    `${passage.phase}: Vault answered ${status}`,
    says && `(${says})`,
    outcome.advice && `; ${outcome.advice}`,
  ];
  return fail(
    new VaultError({
      ...outcome,
      ...retryAfter(answer),
      message: parts.filter(Boolean).join(" "),
      status,
      path: passage.path,
    }),
  );
}

/** A database quotes the statement it does not understand, and with it the new account's password. */
function quoteless(passage: Passage, text: string): string {
  return passage.purpose === "credentials" ? text.replace(/ near '.*/s, " near [...]") : text;
}

/** What was sent and must not come back. What stands in the path is printed anyway, and makes messages readable. */
function secretsOf(passage: Passage, body: unknown): string[] {
  const token = passage.token === undefined ? [] : [passage.token];
  return [...token, ...stringsOf(body).filter((text) => !passage.path.split("/").includes(text))];
}

function fail(error: VaultError): never {
  throw error;
}

/** How long the peer asks us to wait, at most a minute. */
function retryAfter(answer: ExchangeAnswer): { retryAfterMs?: number } {
  const seconds = Number(answer.headers["retry-after"]);
  return answer.status === 429 && seconds > 0 ? { retryAfterMs: Math.min(seconds, 60) * 1_000 } : {};
}

function redirectRefused(passage: Passage, from: URL, why: string): VaultError {
  return new VaultError({
    code: "VAULT_REDIRECT_REFUSED",
    kind: "unreachable",
    message: `${passage.phase}: ${from.origin} redirects ${why}; the token does not go there`,
    status: 307,
    path: passage.path,
  });
}
