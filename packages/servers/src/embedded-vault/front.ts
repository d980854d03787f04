import { VaultFailure } from "./failure.ts";
import { failureReply, type HttpCall, type HttpReply } from "./http-call.ts";
import { handleLogical } from "./pipeline.ts";
import { ownRoutes, stepDown } from "./seal-routes.ts";
import type { VaultNode } from "./vault-node.ts";

/** Answers a request, on whichever node it came. */
export async function answerCall(node: VaultNode, call: HttpCall): Promise<HttpReply> {
  try {
    return await routed(node, call);
  } catch (error) {
    return failureReply(error);
  }
}

async function routed(node: VaultNode, call: HttpCall): Promise<HttpReply> {
  const { path } = call;
  if (!path.startsWith("/v1/")) throw new VaultFailure(404);
  const own = ownRoutes[path.replace(/\/$/, "")];
  if (own) return await own(node, call);
  if (path === "/v1/sys/step-down" && node.sealed) return await stepDown(node, call);
  if (node.sealed) throw new VaultFailure(503, "Vault is sealed");
  if (node.active) {
    return path === "/v1/sys/step-down" ? await stepDown(node, call) : await handleLogical(node.active, call);
  }
  return await forwarded(node, call);
}

/** A standby hands a request on to the leader; it sends the client there when it can't, or may not. */
async function forwarded(node: VaultNode, call: HttpCall): Promise<HttpReply> {
  const { leader } = node;
  if (!leader || leader === node) {
    throw new VaultFailure(500, "local node not active but active cluster node not found");
  }
  const there: HttpReply = { status: 307, headers: { Location: leader.options.address + call.url } };
  if (call.headers["x-vault-no-request-forwarding"]) return there;
  await leader.options.gate.passed();
  return leader.active ? await leader.options.serve(call) : there;
}
