import type { ActiveVault } from "./active-vault.ts";
import type { Audited, AuditedAnswer } from "./audit-line.ts";
import type { Caller } from "./backend.ts";
import { containsAddress } from "./cidr.ts";
import { oneError, VaultFailure } from "./failure.ts";
import { httpAnswer } from "./http-answer.ts";
import { failureReply, type HttpCall, type HttpReply } from "./http-call.ts";
import type { LogicalAnswer, LogicalRequest } from "./logical.ts";
import { logicalRequest } from "./logical-request.ts";
import type { Routed } from "./mount-table.ts";
import type { TokenEntry } from "./token-entry.ts";

const denied = "permission denied";

/** The way of a request through the active node: token, policies, mount, lease, wrapping, audit. */
export async function handleLogical(vault: ActiveVault, call: HttpCall): Promise<HttpReply> {
  let request: LogicalRequest;
  try {
    request = logicalRequest(call);
  } catch (error) {
    return failureReply(error);
  }
  try {
    const answer = await answered(vault, request);
    return httpAnswer(request, answer);
  } catch (error) {
    return failureReply(error);
  }
}

async function answered(vault: ActiveVault, asked: LogicalRequest): Promise<LogicalAnswer | undefined> {
  if (asked.path.endsWith("/") && asked.operation === "update") {
    throw new VaultFailure(400, "cannot write to a path ending in '/'");
  }
  const request = await vault.wrapping.swapped(asked);
  const mount = vault.mounts.route(request.path);
  const audited: AuditedAnswer = {
    request,
    mount: mount?.entry,
    token: undefined,
    grantedBy: undefined,
    routed: false,
    answer: undefined,
  };
  try {
    audited.answer = await processed(vault, request, mount, audited);
    if (audited.answer && request.wrapTtlMs > 0) audited.answer = await vault.wrapping.wrap(request, audited.answer);
  } catch (error) {
    await vault.audit.response({ ...audited, error: error as Error });
    throw error;
  }
  await vault.audit.response(audited);
  return audited.answer;
}

async function processed(
  vault: ActiveVault,
  request: LogicalRequest,
  mount: Routed | undefined,
  audited: Audited,
): Promise<LogicalAnswer | undefined> {
  if (mount?.backend.open(mount.below)) {
    await vault.audit.request(audited);
    audited.routed = true;
    const answer = await mount.backend.handle({ ...request, below: mount.below, caller: undefined });
    return await granted(vault, request, mount, answer);
  }
  const caller = await admitted(vault, request, mount, audited);
  let answer: LogicalAnswer | undefined;
  try {
    if (!mount) throw new VaultFailure(404, `no handler for route "${request.path}". route entry not found.`);
    audited.routed = true;
    answer = await mount.backend.handle({ ...request, below: mount.below, caller });
    answer = await granted(vault, request, mount, answer);
  } finally {
    if (caller.lastUse) await vault.tokens.revoke(caller.id);
  }
  if (caller.lastUse && answer?.leaseId) {
    throw new VaultFailure(
      400,
      "Secret cannot be returned; token had one use left, so leased credentials were immediately revoked.",
    );
  }
  return answer;
}

/** Who asks and may; his request is in the audit, whether he may or not. @throws VaultFailure 403 */
async function admitted(
  vault: ActiveVault,
  request: LogicalRequest,
  mount: Routed | undefined,
  audited: Audited,
): Promise<Caller & { lastUse: boolean }> {
  try {
    const token = await tokenOf(vault, request);
    audited.token = token;
    const lastUse = await vault.tokens.use(token);
    try {
      const { caller, by } = await allowed(vault, request, token, mount);
      audited.grantedBy = by;
      await vault.audit.request(audited);
      return { ...caller, lastUse };
    } catch (error) {
      if (lastUse) await vault.tokens.revoke(token.id);
      throw error;
    }
  } catch (error) {
    if (!audited.grantedBy) await vault.audit.request(audited, error as Error);
    throw error;
  }
}

async function tokenOf(vault: ActiveVault, request: LogicalRequest): Promise<TokenEntry> {
  const token = await vault.tokens.lookup(request.token);
  if (!token) throw new VaultFailure(403, denied);
  const { boundCidrs, ttlMs } = token;
  if (ttlMs > 0 && boundCidrs?.length && !boundCidrs.some((cidr) => containsAddress(cidr, request.remoteAddress))) {
    throw new VaultFailure(403, denied);
  }
  return token;
}

/** @throws VaultFailure 403; sets `create` where the path is new */
async function allowed(
  vault: ActiveVault,
  request: LogicalRequest,
  token: TokenEntry,
  mount: Routed | undefined,
): Promise<{ caller: Caller; by: readonly string[] }> {
  if (mount && request.operation === "update") {
    if ((await mount.backend.exists(request, mount.below)) === false) request.operation = "create";
  }
  const acl = await vault.aclOf(token);
  const verdict = acl.allows(request);
  const needsSudo = mount?.backend.root(mount.below) === true;
  if (!verdict.allowed || (needsSudo && !verdict.sudo)) throw new VaultFailure(403, oneError(denied));
  const { id, accessor, displayName, policies } = token;
  return { caller: { id, accessor, displayName, policies, sudo: verdict.sudo }, by: verdict.by };
}

/** Turns what an engine granted into a lease or a token. */
async function granted(
  vault: ActiveVault,
  request: LogicalRequest,
  { entry }: Routed,
  answer: LogicalAnswer | undefined,
): Promise<LogicalAnswer | undefined> {
  if (answer?.lease) return await vault.grants.lease(request, answer, answer.lease, entry);
  if (answer?.login) return await vault.grants.login(request, answer, answer.login, entry);
  return answer;
}
