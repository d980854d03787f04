import type { ActiveVault } from "./active-vault.ts";
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

async function answered(vault: ActiveVault, request: LogicalRequest): Promise<LogicalAnswer | undefined> {
  if (request.path.endsWith("/") && request.operation === "update") {
    throw new VaultFailure(400, "cannot write to a path ending in '/'");
  }
  const checked = await vault.wrapping.swapped(request);
  const record = await vault.audit.begin(checked);
  let answer: LogicalAnswer | undefined;
  try {
    answer = await processed(vault, checked, record.identify);
    if (answer && checked.wrapTtlMs > 0) answer = await vault.wrapping.wrap(checked, answer);
  } catch (error) {
    await record.failed(error as Error);
    throw error;
  }
  await record.done(answer);
  return answer;
}

async function processed(
  vault: ActiveVault,
  request: LogicalRequest,
  identify: (token: TokenEntry) => void,
): Promise<LogicalAnswer | undefined> {
  const mount = vault.mounts.route(request.path);
  if (mount?.backend.open(mount.below)) {
    const answer = await mount.backend.handle({ ...request, below: mount.below, caller: undefined });
    return await granted(vault, request, mount, answer);
  }
  const token = await tokenOf(vault, request);
  identify(token);
  const last = await vault.tokens.use(token);
  let answer: LogicalAnswer | undefined;
  try {
    const caller = await allowed(vault, request, token, mount);
    if (!mount) throw new VaultFailure(404, `no handler for route "${request.path}". route entry not found.`);
    answer = await mount.backend.handle({ ...request, below: mount.below, caller });
    answer = await granted(vault, request, mount, answer);
  } finally {
    if (last) await vault.tokens.revoke(token.id);
  }
  if (last && answer?.leaseId) {
    throw new VaultFailure(
      400,
      "Secret cannot be returned; token had one use left, so leased credentials were immediately revoked.",
    );
  }
  return answer;
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
): Promise<Caller> {
  if (mount && request.operation === "update") {
    if ((await mount.backend.exists(request, mount.below)) === false) request.operation = "create";
  }
  const acl = await vault.aclOf(token);
  const verdict = acl.allows(request);
  const needsSudo = mount?.backend.root(mount.below) === true;
  if (!verdict.allowed || (needsSudo && !verdict.sudo)) throw new VaultFailure(403, oneError(denied));
  const { id, accessor, displayName, policies } = token;
  return { id, accessor, displayName, policies, sudo: verdict.sudo };
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
