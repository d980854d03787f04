import { randomUUID } from "node:crypto";
import type { Operation } from "./engine.ts";
import { VaultFailure } from "./failure.ts";
import type { HttpCall } from "./http-call.ts";
import type { LogicalRequest } from "./logical.ts";
import { vaultDurationMs } from "./vault-duration.ts";

const operations: Readonly<Record<string, Operation>> = {
  GET: "read",
  LIST: "list",
  POST: "update",
  PUT: "update",
  DELETE: "delete",
};

/** @throws VaultFailure with the status that a real Vault gives to a request it can't read */
export function logicalRequest(call: HttpCall): LogicalRequest {
  const { method, query, headers, remoteAddress, remotePort } = call;
  if (method === "OPTIONS" || query.get("help")) {
    throw new VaultFailure(501, "help (path-help) is not part of the embedded Vault");
  }
  if (method === "PATCH") throw new VaultFailure(501, "PATCH is not part of the embedded Vault");
  const namespace = (headers["x-vault-namespace"] ?? "").replace(/^\/|\/$/g, "");
  if (namespace !== "" && namespace !== "root") {
    throw new VaultFailure(501, `namespaces are not part of the embedded Vault (X-Vault-Namespace: ${namespace})`);
  }
  const listing = method === "GET" && isTrue(query.get("list"));
  const operation = listing ? "list" : operations[method];
  if (!operation) throw new VaultFailure(405);
  const path = call.path.slice("/v1/".length);
  const writes = operation === "update";
  return {
    id: randomUUID(),
    operation,
    path: operation === "list" && !path.endsWith("/") ? `${path}/` : path,
    data: writes ? bodyOf(call) : listing ? {} : queryOf(query),
    token: tokenOf(headers),
    wrapTtlMs: wrapTtlOf(headers["x-vault-wrap-ttl"]),
    remoteAddress,
    remotePort,
  };
}

export function tokenOf(headers: HttpCall["headers"]): string {
  const bearer = /^Bearer (.*)$/.exec(headers["authorization"] ?? "");
  return headers["x-vault-token"] || bearer?.[1]?.trim() || "";
}

/** A JSON object; nothing is an empty one. @throws VaultFailure 400 */
export function bodyOf({ body, headers }: HttpCall): Record<string, unknown> {
  if (body.trim() === "") return {};
  if (/^application\/x-www-form-urlencoded/i.test(headers["content-type"] ?? "") && !/^\s*[{[]/.test(body)) {
    return queryOf(new URLSearchParams(body));
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new VaultFailure(400, "error parsing JSON");
  }
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new VaultFailure(400, "error parsing JSON");
  return value as Record<string, unknown>;
}

function queryOf(query: URLSearchParams): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    data[name] = values.length === 1 ? values[0] : values;
  }
  return data;
}

function wrapTtlOf(header: string | undefined): number {
  if (!header) return 0;
  let ms: number;
  try {
    ms = vaultDurationMs(header);
  } catch (error) {
    throw new VaultFailure(400, `error parsing X-Vault-Wrap-TTL header: ${(error as Error).message}`);
  }
  if (ms < 0)
    throw new VaultFailure(400, "error parsing X-Vault-Wrap-TTL header: requested wrap ttl cannot be negative");
  return ms;
}

const truths = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const untruths = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/** As Go's strconv.ParseBool. @throws VaultFailure 400 */
function isTrue(text: string | null): boolean {
  if (text === null || text === "" || untruths.has(text)) return false;
  if (truths.has(text)) return true;
  throw new VaultFailure(400);
}
