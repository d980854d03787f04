import { ConsulFailure } from "./failure.ts";
import type { AgentRequest } from "./route.ts";

/** @throws ConsulFailure 413, which names the setting that a real agent has for it */
export async function limitedBody(request: AgentRequest, limit: number, setting: string): Promise<Buffer> {
  const length = Number(request.headers["content-length"] ?? 0);
  if (length <= limit) return await request.body(limit);
  const manual = `https://www.consul.io/docs/agent/options.html#${setting}`;
  throw new ConsulFailure(413, `Request body(${length} bytes) too large, max size: ${limit} bytes. See ${manual}.`);
}
