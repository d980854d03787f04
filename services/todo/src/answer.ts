import type { ServerResponse } from "node:http";
import { TodoError } from "./errors.ts";
import { invalidId } from "./id.ts";
import { describeError, type Log } from "./log.ts";

/** By `end()`: Express's own `json()` would add a charset and an ETag, and its `send()` drops the type of a 204. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, "application/json", { status, text: JSON.stringify(body) });
}

/** 204, with the content type that the service's clients know. */
export function sendNothing(response: ServerResponse): void {
  response.statusCode = 204;
  response.setHeader("Content-Type", "application/json");
  response.end();
}

/** The body of every error answer: RFC 9457, with `code` and, for bad input, `errors` as extensions. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  errors?: readonly { field: string; detail: string }[];
}

/** RFC 9457, section 4.2.1: with `about:blank` the title is the status's own phrase. */
const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** Any thrown value as a problem; what is not a {@link TodoError} is answered with 500, logged, and not shown. */
export function sendProblem(response: ServerResponse, thrown: unknown, log: Log): void {
  const error = asTodoError(thrown);
  const status = error.status ?? 500;
  if (error.code === "UNEXPECTED") {
    log.error({ event: "request.failed", error: describeError(error) }, "a request failed unexpectedly");
  }
  if (error.code === "OUTCOME_UNKNOWN") {
    log.warn(
      { event: "request.outcome_unknown", error: describeError(error) },
      "nobody knows whether a write was done",
    );
  }
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  const problem: Problem = {
    ...{ type: "about:blank", title: titles[status] ?? "Error", status },
    ...{ detail: error.message, code: error.code },
    ...(error.faults.length > 0 ? { errors: error.faults } : {}),
  };
  send(response, "application/problem+json", { status, text: JSON.stringify(problem) });
}

/** The length is said by hand, so that a HEAD has it as well. */
function send(response: ServerResponse, type: string, { status, text }: { status: number; text: string }): void {
  response.statusCode = status;
  response.setHeader("Content-Type", type);
  response.setHeader("Content-Length", Buffer.byteLength(text));
  response.end(text);
}

function asTodoError(thrown: unknown): TodoError {
  if (thrown instanceof TodoError) return thrown;
  // The router's: it can't percent-decode its parameter, and the id is the only one.
  if (thrown instanceof URIError) return invalidId();
  return new TodoError({ code: "UNEXPECTED", message: "something went wrong; the log says what", cause: thrown });
}
