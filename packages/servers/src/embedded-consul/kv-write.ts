import { ConsulFailure } from "./failure.ts";
import { limitedBody } from "./limited-body.ts";
import type { AgentRequest } from "./route.ts";
import { parseWireUint } from "./wire-uint.ts";

/** The longest value, 512 kB. */
const longestBytes = 524_288;

/**
 * Does a PUT of a key. Whether it was written: not where `cas` names another index, or the lock is not to be had.
 *
 * @throws ConsulFailure 413 when the value is too long, 500 for a number or a session that is none
 */
export async function kvWrite(request: AgentRequest): Promise<boolean> {
  const { rest: key, query } = request;
  const flags = query.has("flags") ? parseWireUint(query.get("flags")) : 0n;
  const cas = query.has("cas") ? Number(parseWireUint(query.get("cas"))) : undefined;
  const write = { key, value: await limitedBody(request, longestBytes, "kv_max_value_size"), flags };
  return await request.write(({ kv, sessions }, index) => {
    if (cas !== undefined) return kv.setAt(write, cas, index);
    if (query.has("acquire")) {
      if (sessions.delays(key)) return false;
      return kv.lock(write, sessions.mustBe(query.get("acquire")), index);
    }
    if (query.has("release")) {
      if (query.get("release") === "") throw new ConsulFailure(500, "missing session");
      return kv.unlock(write, query.get("release"), index);
    }
    kv.set(write, index);
    return true;
  });
}
