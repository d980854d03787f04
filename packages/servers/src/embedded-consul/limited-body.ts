import { ConsulFailure } from "./failure.ts";
import type { AgentRequest } from "./route.ts";

/** Where Consul 1.8 sends whoever sends too much. */
const manual = "www.consul.io/docs/agent/options.html";

/** @throws ConsulFailure 413, which names the setting that a real agent has for it */
export async function limitedBody(request: AgentRequest, limit: number, setting: string): Promise<Buffer> {
  const length = Number(request.headers["content-length"] ?? 0);
  if (length <= limit) return await request.body(limit);
  const tooLarge = `Request body(${length} bytes) too large, max size: ${limit} bytes`;
  throw new ConsulFailure(413, `${tooLarge}. See https://${manual}#${setting}.`);
}
