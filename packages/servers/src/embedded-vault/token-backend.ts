import type { ActiveVault } from "./active-vault.ts";
import type { Backend, RoutedRequest } from "./backend.ts";
import { authOf } from "./engine-leases.ts";
import { oneError, VaultFailure } from "./failure.ts";
import type { LogicalAnswer } from "./logical.ts";
import { durationOf, textOf } from "./request-fields.ts";
import { createToken } from "./token-create.ts";
import type { TokenEntry } from "./token-entry.ts";
import { goTime, wholeSeconds } from "./vault-duration.ts";

type Handler = (vault: ActiveVault, request: RoutedRequest) => Promise<LogicalAnswer | undefined>;

interface TokenRoute {
  does: Partial<Record<"read" | "list" | "update", Handler>>;
  root?: boolean;
}

/** Vault's manual, "/auth/token". The token of a lookup or renewal may stand in the path of some, in old style. */
export const tokenRoutes: ReadonlyMap<string, TokenRoute> = new Map<string, TokenRoute>(
  Object.entries({
    create: { does: { update: createToken } },
    "create-orphan": { does: { update: createToken } },
    lookup: {
      does: { update: async (vault, request) => shown(vault, await named(vault, request, request.token, 403)) },
    },
    "lookup-self": {
      does: {
        read: async (vault, request) => shown(vault, await vault.tokens.own(request.token)),
        update: async (vault, request) => shown(vault, await vault.tokens.own(request.token)),
      },
    },
    "lookup-accessor": {
      does: { update: async (vault, request) => shown(vault, await byAccessor(vault, request), true) },
    },
    renew: { does: { update: async (vault, request) => renewed(vault, request, await named(vault, request)) } },
    "renew-self": {
      does: { update: async (vault, request) => renewed(vault, request, await vault.tokens.own(request.token)) },
    },
    "renew-accessor": {
      does: {
        update: async (vault, request) => renewed(vault, request, await byAccessor(vault, request), true),
      },
    },
    revoke: {
      does: {
        update: async (vault, request) => {
          await vault.tokens.revoke(mustName(request));
          return undefined;
        },
      },
    },
    "revoke-self": {
      does: {
        update: async (vault, request) => {
          await vault.tokens.revoke(request.token);
          return undefined;
        },
      },
    },
    "revoke-accessor": {
      does: {
        update: async (vault, request) => {
          mustHaveAccessor(request);
          const token = await vault.tokens.byAccessor(textOf(request.data, "accessor"));
          if (!token) return { warnings: ["No token found with this accessor"] };
          await vault.tokens.revoke(token.id);
          return undefined;
        },
      },
    },
    "revoke-orphan": {
      root: true,
      does: {
        update: async (vault, request) => {
          const id = mustName(request);
          if (!(await vault.tokens.lookup(id))) throw new VaultFailure(400, "token to revoke not found");
          await vault.tokens.revokeOrphan(id);
          return undefined;
        },
      },
    },
    accessors: {
      root: true,
      does: { list: async (vault) => ({ data: { keys: await vault.tokens.accessors() } }) },
    },
  } satisfies Record<string, TokenRoute>),
);

/** Parts of a real Vault that this one has not. */
const absent = /^(?:roles(?:\/.*)?|create\/.+|tidy)$/;

/** `auth/token/`. */
export class TokenBackend implements Backend {
  readonly #vault: ActiveVault;

  constructor(vault: ActiveVault) {
    this.#vault = vault;
  }

  async handle(request: RoutedRequest): Promise<LogicalAnswer | undefined> {
    const below = request.below.replace(/\/+$/, "");
    if (absent.test(below)) {
      const what = below.startsWith("create/") ? "create with a role" : below;
      throw new VaultFailure(501, `auth/token/${what} is not part of the embedded Vault`);
    }
    const route = tokenRoutes.get(below);
    if (!route) throw new VaultFailure(404, oneError("unsupported path"));
    const { operation } = request;
    const handler = operation === "delete" ? undefined : route.does[operation === "create" ? "update" : operation];
    if (!handler) throw new VaultFailure(405, oneError("unsupported operation"));
    return await handler(this.#vault, request);
  }

  open(): boolean {
    return false;
  }

  root(below: string): boolean {
    return tokenRoutes.get(below.replace(/\/+$/, ""))?.root === true;
  }

  async exists(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {}
}

function mustName({ data }: RoutedRequest): string {
  const id = textOf(data, "token");
  if (id === "") throw new VaultFailure(400, "missing token ID");
  return id;
}

async function named(vault: ActiveVault, request: RoutedRequest, own = "", status = 400): Promise<TokenEntry> {
  const id = textOf(request.data, "token") || own;
  if (id === "") throw new VaultFailure(400, "missing token ID");
  const token = await vault.tokens.lookup(id);
  if (!token) throw new VaultFailure(status, status === 403 ? "bad token" : "token not found");
  return token;
}

function mustHaveAccessor({ data }: Pick<RoutedRequest, "data">): void {
  if (textOf(data, "accessor") === "") throw new VaultFailure(400, oneError("missing accessor"));
}

async function byAccessor(vault: ActiveVault, { data }: RoutedRequest): Promise<TokenEntry> {
  mustHaveAccessor({ data });
  const token = await vault.tokens.byAccessor(textOf(data, "accessor"));
  if (!token) throw new VaultFailure(400, oneError("invalid accessor"));
  return token;
}

async function shown(
  vault: ActiveVault,
  token: TokenEntry | undefined,
  withoutId = false,
): Promise<LogicalAnswer | undefined> {
  if (!token) throw new VaultFailure(403, "bad token");
  const lease = vault.tokens.leaseOf(token);
  const now = vault.clock.now();
  return {
    data: {
      accessor: token.accessor,
      creation_time: wholeSeconds(token.createdMs),
      creation_ttl: wholeSeconds(token.ttlMs),
      display_name: token.displayName,
      entity_id: "",
      expire_time: lease ? goTime(lease.expiresMs) : null,
      explicit_max_ttl: wholeSeconds(token.explicitMaxTtlMs),
      id: withoutId ? "" : token.id,
      ...(lease && { issue_time: goTime(lease.issuedMs) }),
      ...(lease &&
        lease.renewedMs > 0 && {
          last_renewal: goTime(lease.renewedMs),
          last_renewal_time: wholeSeconds(lease.renewedMs),
        }),
      meta: token.meta,
      num_uses: token.numUses,
      orphan: token.parent === "",
      path: token.path,
      ...(token.periodMs > 0 && { period: wholeSeconds(token.periodMs) }),
      policies: token.policies,
      ...(lease && { renewable: lease.renewable }),
      ...(token.boundCidrs?.length && { bound_cidrs: token.boundCidrs }),
      ttl: lease ? wholeSeconds(lease.expiresMs - now) : 0,
      type: "service",
    },
  };
}

async function renewed(
  vault: ActiveVault,
  request: RoutedRequest,
  token: TokenEntry | undefined,
  withoutId = false,
): Promise<LogicalAnswer> {
  if (!token) throw new VaultFailure(403, "bad token");
  const lease = vault.tokens.leaseOf(token);
  if (!lease) throw new VaultFailure(400, "invalid lease ID");
  if (!lease.renewable) throw new VaultFailure(400, "lease is not renewable");
  const life = await vault.grants.renew(lease, durationOf(request.data, "increment") ?? 0);
  const auth = authOf(token, { renewable: true, ttlMs: life.ttlMs });
  return { auth: withoutId ? { ...auth, client_token: "" } : auth, warnings: life.warnings };
}
