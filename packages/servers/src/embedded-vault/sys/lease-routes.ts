import { VaultFailure } from "../failure.ts";
import type { LeaseEntry } from "../lease-entry.ts";
import { booleanOf, durationOf, textOf } from "../request-fields.ts";
import { goTime, wholeSeconds } from "../vault-duration.ts";
import type { SysCall, SysHandler, SysRoute } from "./sys-route.ts";

function leaseId({ request, parts }: SysCall, missing: string): string {
  const id = parts[0] || textOf(request.data, "lease_id") || textOf(request.data, "url_lease_id");
  if (id === "") throw new VaultFailure(400, missing);
  return id;
}

const lookup: SysHandler = async (call) => {
  const id = leaseId(call, "lease_id must be specified");
  const entry = call.vault.leases.get(id);
  if (!entry) throw new VaultFailure(400, "invalid lease");
  const now = call.vault.clock.now();
  return {
    data: {
      expire_time: goTime(entry.expiresMs),
      id,
      issue_time: goTime(entry.issuedMs),
      last_renewal: entry.renewedMs ? goTime(entry.renewedMs) : null,
      renewable: isRenewable(entry, now),
      ttl: wholeSeconds(entry.expiresMs - now),
    },
  };
};

function isRenewable({ renewable, expiresMs }: LeaseEntry, now: number): boolean {
  return renewable && expiresMs > now;
}

const renew: SysHandler = async (call) => {
  const { vault, request } = call;
  const id = leaseId(call, "lease_id must be specified");
  const incrementMs = durationOf(request.data, "increment") ?? durationOf(request.data, "url_increment") ?? 0;
  const entry = await vault.leases.stored(id);
  if (!entry) throw new VaultFailure(400, "lease not found");
  if (entry.expiresMs <= vault.clock.now()) throw new VaultFailure(400, "lease expired");
  if (entry.kind === "auth") throw new VaultFailure(400, "tokens cannot be renewed through this endpoint");
  if (!entry.renewable) throw new VaultFailure(400, "lease is not renewable");

  const life = await vault.grants.renew(entry, incrementMs);
  return { leaseId: id, renewable: true, leaseSeconds: wholeSeconds(life.ttlMs), warnings: life.warnings };
};

const revoke: SysHandler = async (call) => {
  const id = leaseId(call, "lease_id must be specified");
  const { vault, request } = call;
  if (booleanOf(request.data, "sync", true)) {
    await vault.leases.revoke(id);
    return undefined;
  }
  vault.leases.revokeSoon(id);
  return { status: 202 };
};

function prefixOf({ parts }: SysCall): string {
  const prefix = parts[0] ?? "";
  return prefix.endsWith("/") ? prefix : `${prefix}/`;
}

/** The id of one lease goes for a prefix, too. */
function isLease({ vault, parts }: SysCall): boolean {
  return vault.leases.get(parts[0] ?? "") !== undefined;
}

const revokePrefix: SysHandler = async (call) => {
  if (isLease(call)) return await revoke(call);
  const { vault, request } = call;
  const prefix = prefixOf(call);
  if (booleanOf(request.data, "sync", true)) await vault.grants.revokeUnder(prefix);
  else for (const id of await vault.leases.ids(prefix)) vault.leases.revokeSoon(id);
  return undefined;
};

const revokeForce: SysHandler = async (call) => {
  const { leases } = call.vault;
  const ids = isLease(call) ? call.parts.slice(0, 1) : await leases.ids(prefixOf(call));
  for (const id of ids) {
    try {
      await leases.revoke(id);
    } catch {
      // That is what the force is for: the secret may live on where it was made.
      await leases.forget(id);
    }
  }
  return undefined;
};

const list: SysHandler = async ({ vault, parts }) => {
  const prefix = parts[0] ?? "";
  return { data: { keys: await vault.leases.list(prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`) } };
};

const tidy: SysHandler = async () => ({
  status: 202,
  warnings: [
    "Tidy operation successfully started. Any information from the operation will be printed to Vault's server logs.",
  ],
});

export const leaseRoutes: readonly SysRoute[] = [
  { path: /^leases\/lookup$/, does: { update: lookup } },
  { path: /^leases\/lookup\/?(.*)$/, root: true, does: { list } },
  { path: /^(?:leases\/)?renew(?:\/(.+))?$/, does: { update: renew } },
  { path: /^(?:leases\/)?revoke(?:\/(.+))?$/, does: { update: revoke } },
  { path: /^(?:leases\/)?revoke-prefix\/(.+)$/, root: true, does: { update: revokePrefix } },
  { path: /^(?:leases\/)?revoke-force\/(.+)$/, root: true, does: { update: revokeForce } },
  { path: /^leases\/tidy$/, does: { update: tidy } },
];
