import type { HttpReply } from "./http-call.ts";
import type { LogicalAnswer, LogicalRequest } from "./logical.ts";

/** An answer in the shape that every client of Vault knows (Vault's API manual, "HTTP status codes" and on). */
export function httpAnswer(request: LogicalRequest, answer: LogicalAnswer | undefined): HttpReply {
  const { operation, id } = request;
  if (!answer) {
    return operation === "read" || operation === "list" ? { status: 404, body: { errors: [] } } : { status: 204 };
  }
  const { status } = answer;
  if (status !== undefined && Object.keys(answer).length === 1) return { status };
  if (answer.raw !== undefined) return { status: answer.status ?? 200, body: answer.raw };
  const body = answer.wrapInfo ? wrappedBody(answer) : bodyOf(id, answer);
  if (operation === "list" && !answer.wrapInfo && isEmptyList(answer)) {
    return { status: 404, body: answer.warnings?.length ? body : { errors: [] } };
  }
  return { status: answer.status ?? 200, body: answer.spread ? { ...answer.data, ...body } : body };
}

export function bodyOf(id: string, answer: LogicalAnswer): Record<string, unknown> {
  const { leaseId, renewable, leaseSeconds, data, warnings, auth } = answer;
  return {
    request_id: id,
    lease_id: leaseId ?? "",
    renewable: renewable ?? false,
    lease_duration: leaseSeconds ?? 0,
    data: data ?? null,
    wrap_info: null,
    warnings: warnings?.length ? warnings : null,
    auth: auth ?? null,
  };
}

function wrappedBody({ wrapInfo, warnings }: LogicalAnswer): Record<string, unknown> {
  return {
    request_id: "",
    lease_id: "",
    renewable: false,
    lease_duration: 0,
    data: null,
    wrap_info: wrapInfo,
    warnings: warnings?.length ? warnings : null,
    auth: null,
  };
}

function isEmptyList({ data }: LogicalAnswer): boolean {
  if (!data || Object.keys(data).length === 0) return true;
  const { keys } = data;
  return "keys" in data && (!Array.isArray(keys) || keys.length === 0);
}
