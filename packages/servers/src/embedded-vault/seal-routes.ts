import { ActiveVault } from "./active-vault.ts";
import { Barrier } from "./barrier.ts";
import { oneError, VaultFailure } from "./failure.ts";
import { health } from "./health.ts";
import type { HttpCall, HttpReply } from "./http-call.ts";
import { bodyOf, logicalRequest } from "./logical-request.ts";
import { checkSeal, makeKeys } from "./seal.ts";
import { goTime } from "./vault-duration.ts";
import type { VaultNode } from "./vault-node.ts";
import { vaultBuild } from "./version.ts";

type Handler = (node: VaultNode, call: HttpCall) => Promise<HttpReply>;

/** @throws VaultFailure 400 in the words of the paths that read their body themselves */
function ownBody(call: HttpCall): Record<string, unknown> {
  try {
    return bodyOf(call);
  } catch {
    const cut = call.body.trim() !== "" && !/[}\]]\s*$/.test(call.body);
    throw new VaultFailure(400, `failed to parse JSON input: ${cut ? "unexpected EOF" : "invalid character"}`);
  }
}

/** As Go decodes an int. @throws VaultFailure 400 */
function wholeNumber(body: Readonly<Record<string, unknown>>, name: string): number {
  const value = body[name] ?? 0;
  if (Number.isSafeInteger(value)) return value as number;
  const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  const told = kind === "number" ? `number ${String(value)}` : kind;
  const text = `json: cannot unmarshal ${told} into Go struct field InitRequest.${name} of type int`;
  throw new VaultFailure(400, `failed to parse JSON input: ${text}`);
}

async function initialise(node: VaultNode, call: HttpCall): Promise<HttpReply> {
  const { storage, clock, gate, note } = node.options;
  const body = ownBody(call);
  // Shares for recovery are sent by the command line in any case; with a seal of Shamir's they mean nothing.
  for (const name of ["pgp_keys", "root_token_pgp_key", "recovery_pgp_keys"]) {
    if (isGiven(body[name])) throw new VaultFailure(501, `${name} is not part of the embedded Vault`);
  }
  const seal = { shares: wholeNumber(body, "secret_shares"), threshold: wholeNumber(body, "secret_threshold") };
  checkSeal(seal);
  if (storage.seal) throw new VaultFailure(400, "Vault is already initialized");
  const { shares, barrierKey } = await makeKeys(storage, seal);
  const barrier = new Barrier(storage.root, barrierKey);
  const rootToken = await ActiveVault.initialise({ barrier, clock, gate, note });
  const keys = shares.map((share) => share.toString("hex"));
  const keys_base64 = shares.map((share) => share.toString("base64"));
  return { status: 200, body: { keys, keys_base64, root_token: rootToken } };
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== "";
}

async function unseal(node: VaultNode, call: HttpCall): Promise<HttpReply> {
  const { key, reset, migrate } = ownBody(call);
  if (reset === true) {
    if (!node.sealed) throw new VaultFailure(400, "vault is unsealed");
    node.unsealing.reset();
    return { status: 200, body: sealStatus(node) };
  }
  if (typeof key !== "string" || key === "") {
    throw new VaultFailure(400, "'key' must be specified in request body as JSON, or 'reset' set to true");
  }
  if (migrate === true) throw new VaultFailure(500, "can't perform a seal migration, no migration seal found");
  if (node.sealed) {
    const opened = await node.unsealing.give(key, node.options.storage);
    if (opened) await node.unseal(opened);
  }
  return { status: 200, body: sealStatus(node) };
}

function sealStatus(node: VaultNode): Record<string, unknown> {
  const { sealed, unsealing, cluster, options } = node;
  const { seal } = options.storage;
  return {
    type: "shamir",
    initialized: seal !== undefined,
    sealed,
    t: seal?.threshold ?? 0,
    n: seal?.shares ?? 0,
    progress: unsealing.progress,
    nonce: unsealing.nonce,
    version: vaultBuild.version,
    build_date: vaultBuild.date,
    migration: false,
    ...(!sealed && cluster && { cluster_name: cluster.name, cluster_id: cluster.id }),
    recovery_seal: false,
    storage_type: "embedded",
  };
}

async function leader(node: VaultNode): Promise<HttpReply> {
  const { shared } = node.options;
  if (node.sealed && shared) throw new VaultFailure(503, "Vault is sealed");
  const leading = shared ? node.leader : undefined;
  const isSelf = leading === node && node.active !== undefined;
  const since = isSelf ? node.active?.activeSinceMs : undefined;
  return {
    status: 200,
    body: {
      ha_enabled: shared,
      is_self: isSelf,
      active_time: since === undefined ? "0001-01-01T00:00:00Z" : goTime(since),
      leader_address: leading?.options.address ?? "",
      leader_cluster_address: leading ? clusterAddress(leading.options.address) : "",
      performance_standby: false,
      performance_standby_last_remote_wal: 0,
    },
  };
}

function clusterAddress(address: string): string {
  const url = new URL(address);
  return `https://${url.hostname}:${Number(url.port) + 1}`;
}

/** Whether a token may do it, with `sudo`; a sealed node has nothing to do. @throws VaultFailure */
async function mayUse(node: VaultNode, call: HttpCall, standby: string): Promise<boolean> {
  const request = logicalRequest(call);
  if (request.operation !== "update") throw new VaultFailure(405);
  if (node.sealed) return false;
  const { active } = node;
  if (!active) throw new VaultFailure(500, standby);
  const token = request.token === "" ? undefined : await active.tokens.lookup(request.token);
  if (!token) throw new VaultFailure(403, "permission denied");
  const verdict = (await active.aclOf(token)).allows(request);
  if (!verdict.allowed || !verdict.sudo) throw new VaultFailure(403, oneError("permission denied"));
  if (await active.tokens.use(token)) await active.tokens.revoke(token.id);
  return true;
}

const seal: Handler = async (node, call) => {
  const standby = "vault cannot seal when in standby mode; please restart instead";
  if (await mayUse(node, call, standby)) await node.seal();
  return { status: 204 };
};

/** Vault's own forwarding hands this one to the leader. */
export const stepDown: Handler = async (node, call) => {
  // A node alone has nobody to step down for.
  if (node.options.shared && (await mayUse(node, call, "Vault is in standby mode"))) await node.stepDown();
  return { status: 204 };
};

function methods(allowed: readonly string[], handler: Handler): Handler {
  return async (node, call) => {
    if (!allowed.includes(call.method)) throw new VaultFailure(405);
    return await handler(node, call);
  };
}

/** What every node answers by itself, sealed or not. */
export const ownRoutes: Readonly<Record<string, Handler>> = {
  "/v1/sys/init": async (node, call) =>
    call.method === "GET"
      ? { status: 200, body: { initialized: node.options.storage.seal !== undefined } }
      : await methods(["PUT", "POST"], initialise)(node, call),
  "/v1/sys/unseal": methods(["PUT", "POST"], unseal),
  "/v1/sys/seal-status": methods(["GET"], async (node) => ({ status: 200, body: sealStatus(node) })),
  "/v1/sys/health": methods(["GET", "HEAD"], async (node, call) => health(node, call.query)),
  "/v1/sys/leader": methods(["GET"], leader),
  "/v1/sys/seal": seal,
};
