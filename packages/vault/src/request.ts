import type { Secret } from "@minicluster/core";
import type { Purpose } from "./outcome.ts";

/** Settings of one call. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** Connect and response together, over all nodes. Default: the client's (5 s). */
  timeoutMs?: number | undefined;
}

/** One request to the logical Vault. */
export interface VaultRequest extends CallOptions {
  method: "GET" | "LIST" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Without `/v1`; segments are encoded here. */
  path: string;
  query?: Record<string, string> | undefined;
  body?: object | undefined;
  /** In place of the client's token; `null` for none. */
  token?: Secret | null | undefined;
  /** Asks for the answer wrapped, for so many milliseconds. */
  wrapMs?: number | undefined;
  /** What it is for: the same status means different things. Default "plain". */
  purpose?: Purpose | undefined;
  /**
   * It makes something: never repeated when its outcome is unknown, and sent only to a node that was just seen to work.
   * Default: POST, PUT, PATCH, and a GET of credentials.
   */
  issues?: boolean | undefined;
  /** This node only: no failover and no memory. */
  address?: string | undefined;
  /** For messages. Default: method and path. */
  phase?: string | undefined;
}

/** Whether repeating a request of unknown outcome might make something twice. */
export function mayIssue(request: VaultRequest): boolean {
  if (request.issues !== undefined) return request.issues;
  return request.method === "GET" ? /(^|\/)creds\//.test(request.path) : /^(POST|PUT|PATCH)$/.test(request.method);
}
