import { createHash } from "node:crypto";
import type { AuditDevice } from "./audit-device.ts";
import { oneError, VaultFailure } from "./failure.ts";
import type { AnswerAuth, LogicalAnswer, LogicalRequest } from "./logical.ts";
import type { MountEntry } from "./mount-entry.ts";
import type { TokenEntry } from "./token-entry.ts";
import { wholeSeconds } from "./vault-duration.ts";

/** What an audit line is about. */
export interface Audited {
  request: LogicalRequest;
  mount: MountEntry | undefined;
  /** Whose token it is; undefined for a login, and for a token that is none. */
  token: TokenEntry | undefined;
  /** The policies that allowed it; undefined where none did. */
  grantedBy: readonly string[] | undefined;
  /** It has reached its mount. */
  routed: boolean;
}

export interface AuditedAnswer extends Audited {
  answer: LogicalAnswer | undefined;
  /** What went wrong. */
  error?: Error | undefined;
}

type Json = Record<string, unknown>;

/** The line before a request is handled. */
export function requestLine(device: AuditDevice, audited: Audited, error: Error | undefined): Json {
  // Only a write has looked at its mount by then.
  const writes = audited.request.operation === "update" || audited.request.operation === "create";
  const request = requestPart(device, audited, writes);
  return { type: "request", auth: authPart(device, audited), request, ...(error && { error: error.message }) };
}

/** The line after it. */
export function responseLine(device: AuditDevice, audited: AuditedAnswer): Json {
  const { mount, answer, error } = audited;
  const { routed } = audited;
  const where = { mount_type: mount?.type, mount_accessor: routed ? mount?.accessor : undefined };
  const told = error && errorOf(error);
  return {
    type: "response",
    auth: authPart(device, audited),
    request: requestPart(device, audited, routed),
    response: error ? failurePart(device, error, where) : answerPart(device, answer, where, mount),
    ...(told && { error: told }),
  };
}

/** What the line says went wrong: an engine's refusal is in its answer alone. */
function errorOf(error: Error): string | undefined {
  const status = error instanceof VaultFailure ? error.status : 500;
  if (status === 400) return undefined;
  return error.message.startsWith("1 error occurred") ? error.message : oneError(error.message);
}

function secret(device: AuditDevice, text: string): string {
  return device.raw || text === "" ? text : device.hash(text);
}

function accessor(device: AuditDevice, text: string): string {
  return device.hashesAccessors ? secret(device, text) : text;
}

/** Each text within, hashed, and each number that came from a client; the names stay. */
function hidden(device: AuditDevice, value: unknown, numbers: boolean, open: readonly string[] = []): unknown {
  if (typeof value === "string") return secret(device, value);
  if (typeof value === "number") return numbers && !device.raw ? device.hash(String(value)) : value;
  if (Array.isArray(value)) return value.map((one) => hidden(device, one, numbers));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, one]) => [name, open.includes(name) ? one : hidden(device, one, numbers)]),
  );
}

/** Engines that give back what a client gave them. */
const keeping: ReadonlySet<string> = new Set(["cubbyhole", "kv"]);

function authPart(device: AuditDevice, { token, grantedBy }: Audited): Json {
  if (!token) return { token_type: "default" };
  const { id, displayName, policies, meta, numUses, ttlMs, createdMs } = token;
  const granting = grantedBy?.map((name) => ({ name, namespace_id: "root", type: "acl" }));
  return {
    client_token: secret(device, id),
    accessor: accessor(device, token.accessor),
    display_name: displayName || undefined,
    policies,
    token_policies: policies,
    policy_results: { allowed: granting !== undefined, ...(granting && { granting_policies: granting }) },
    metadata: meta ?? undefined,
    remaining_uses: numUses > 0 ? numUses : undefined,
    token_type: "service",
    token_ttl: wholeSeconds(ttlMs) || undefined,
    token_issue_time: `${new Date(createdMs).toISOString().slice(0, 19)}Z`,
  };
}

function requestPart(device: AuditDevice, { request, mount, token }: Audited, withAccessor: boolean): Json {
  const { id, operation, path, data, remoteAddress, remotePort, wrapTtlMs } = request;
  return {
    id,
    client_id: token && clientId(token),
    operation,
    mount_type: mount?.type,
    mount_accessor: withAccessor ? mount?.accessor : undefined,
    client_token: request.token === "" ? undefined : secret(device, request.token),
    client_token_accessor: token && accessor(device, token.accessor),
    namespace: { id: "root" },
    path,
    data:
      Object.keys(data).length === 0 ? undefined : hidden(device, data, true, mount?.config.auditNonHmacRequestKeys),
    remote_address: remoteAddress,
    remote_port: remotePort,
    wrap_ttl: wholeSeconds(wrapTtlMs) || undefined,
  };
}

/** How Vault counts clients that are no entity: by their policies. */
function clientId({ policies }: TokenEntry): string {
  return createHash("sha256")
    .update(`${[...policies].sort().join("\u007F")}\u0000root`)
    .digest("base64");
}

function answerPart(device: AuditDevice, answer: LogicalAnswer | undefined, where: Json, mount?: MountEntry): Json {
  const { auth, data, leaseId, warnings, wrapInfo } = unwrapped(answer);
  return {
    auth: auth && answerAuth(device, auth),
    ...where,
    secret: leaseId ? { lease_id: leaseId } : undefined,
    data: data && hidden(device, data, keeping.has(mount?.type ?? ""), mount?.config.auditNonHmacResponseKeys),
    warnings: warnings?.length ? warnings : undefined,
    wrap_info: wrapInfo && {
      ttl: wrapInfo.ttl,
      token: secret(device, wrapInfo.token),
      accessor: accessor(device, wrapInfo.accessor),
      creation_time: wrapInfo.creation_time,
      creation_path: wrapInfo.creation_path,
      wrapped_accessor: wrapInfo.wrapped_accessor && accessor(device, wrapInfo.wrapped_accessor),
    },
  };
}

/** An answer that was stored whole, in its parts. */
function unwrapped(answer: LogicalAnswer | undefined): LogicalAnswer {
  if (!answer?.raw) return answer ?? {};
  const { data, auth, lease_id, warnings } = answer.raw as {
    data?: Json;
    auth?: AnswerAuth;
    lease_id?: string;
    warnings?: string[];
  };
  return { data: data ?? undefined, auth: auth ?? undefined, leaseId: lease_id, warnings: warnings ?? undefined };
}

function answerAuth(device: AuditDevice, auth: AnswerAuth): Json {
  return {
    client_token: secret(device, auth.client_token),
    accessor: accessor(device, auth.accessor),
    policies: auth.policies,
    token_policies: auth.token_policies,
    metadata: auth.metadata ?? undefined,
    num_uses: auth.num_uses || undefined,
    token_type: auth.token_type,
    token_ttl: auth.lease_duration || undefined,
  };
}

function failurePart(device: AuditDevice, error: Error, where: Json): Json {
  return { ...where, data: { error: secret(device, error.message) } };
}
