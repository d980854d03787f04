import { oneError, VaultFailure } from "../failure.ts";
import type { LogicalAnswer } from "../logical.ts";
import { listOf, textOf } from "../request-fields.ts";
import type { TokenEntry } from "../token-entry.ts";
import type { SysCall, SysHandler, SysRoute } from "./sys-route.ts";

async function answer({ vault, request }: SysCall, token: TokenEntry | undefined): Promise<LogicalAnswer> {
  const paths = listOf(request.data, "paths") ?? listOf(request.data, "path") ?? [];
  if (paths.length === 0) throw new VaultFailure(400, "paths must be supplied");
  if (!token) throw new VaultFailure(400, oneError("invalid token"));
  const acl = await vault.aclOf(token);
  const data: Record<string, unknown> = {};
  for (const path of paths) data[path] = acl.capabilities(path);
  const [first] = paths;
  if (paths.length === 1 && first !== undefined) data["capabilities"] = data[first];
  return { data, spread: true };
}

const own: SysHandler = async (call) => answer(call, await call.vault.tokens.lookup(call.request.token));
const ofToken: SysHandler = async (call) =>
  answer(call, await call.vault.tokens.lookup(textOf(call.request.data, "token")));

const ofAccessor: SysHandler = async (call) => {
  const accessor = textOf(call.request.data, "accessor");
  const token = await call.vault.tokens.byAccessor(accessor);
  if (!token) throw new VaultFailure(400, oneError("invalid accessor"));
  return await answer(call, token);
};

export const capabilityRoutes: readonly SysRoute[] = [
  { path: /^capabilities-self$/, does: { update: own } },
  { path: /^capabilities-accessor$/, does: { update: ofAccessor } },
  { path: /^capabilities$/, does: { update: ofToken } },
];
