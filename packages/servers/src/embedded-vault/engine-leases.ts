import type { ActiveVault } from "./active-vault.ts";
import type { Engine, Granted, LeaseGrant, LoginGrant } from "./engine.ts";
import { EngineBackend } from "./engine-backend.ts";
import { VaultFailure } from "./failure.ts";
import type { LeaseEntry } from "./lease-entry.ts";
import { type Life, lifeOf } from "./life.ts";
import type { AnswerAuth, LogicalAnswer, LogicalRequest } from "./logical.ts";
import { livesOf, type MountEntry, systemTtlMs } from "./mount-entry.ts";
import { randomId } from "./random-id.ts";
import type { TokenEntry } from "./token-entry.ts";
import { wholeSeconds } from "./vault-duration.ts";

/** From what an engine grants to leases and tokens, and back to the engine when they are renewed or end. */
export class EngineLeases {
  readonly #vault: ActiveVault;

  constructor(vault: ActiveVault) {
    this.#vault = vault;
  }

  /** A secret's lease; `answer` with its id and life. */
  async lease(
    request: LogicalRequest,
    answer: LogicalAnswer,
    grant: LeaseGrant,
    mount: MountEntry,
  ): Promise<LogicalAnswer> {
    const { lease: _, ...rest } = answer;
    const nowMs = this.#vault.clock.now();
    const { ttlMs, maxTtlMs, renewable, internal } = grant;
    const life = lifeOf({ mount: livesOf(mount), nowMs, issuedMs: nowMs, ttlMs, maxTtlMs });
    const entry: LeaseEntry = {
      id: `${request.path}/${randomId()}`,
      path: request.path,
      token: request.token,
      kind: "secret",
      issuedMs: nowMs,
      renewedMs: 0,
      expiresMs: nowMs + life.ttlMs,
      renewable,
      ttlMs: ttlMs || life.ttlMs,
      maxTtlMs,
      internal,
    };
    await this.#vault.leases.add(entry);
    const warnings = [...(answer.warnings ?? []), ...life.warnings];
    return { ...rest, warnings, leaseId: entry.id, renewable, leaseSeconds: wholeSeconds(life.ttlMs) };
  }

  /** A login's token. @throws VaultFailure 400 when the method would give out `root` */
  async login(
    request: LogicalRequest,
    answer: LogicalAnswer,
    grant: LoginGrant,
    mount: MountEntry,
  ): Promise<LogicalAnswer> {
    const { login: _, ...rest } = answer;
    const nowMs = this.#vault.clock.now();
    const policies = [...new Set(["default", ...grant.policies.map((name) => name.toLowerCase().trim())])]
      .filter(Boolean)
      .sort();
    if (policies.includes("root")) throw new VaultFailure(400, "auth methods cannot create root tokens");
    const life = lifeOf({
      mount: livesOf(mount),
      nowMs,
      issuedMs: nowMs,
      ttlMs: grant.ttlMs,
      maxTtlMs: grant.maxTtlMs,
      periodMs: grant.periodMs,
    });
    const token = await this.#vault.tokens.create(
      {
        parent: "",
        policies,
        path: request.path,
        meta: grant.metadata,
        displayName: displayNameOf(mount, grant.displayName),
        numUses: grant.numUses ?? 0,
        ttlMs: life.ttlMs,
        explicitMaxTtlMs: 0,
        periodMs: grant.periodMs ?? 0,
        boundCidrs: grant.boundCidrs,
      },
      { renewable: grant.renewable, maxTtlMs: grant.maxTtlMs, internal: { ...grant.internal, ttlMs: grant.ttlMs } },
    );
    const warnings = [...(answer.warnings ?? []), ...life.warnings];
    return { ...rest, warnings, auth: authOf(token, { renewable: grant.renewable, ttlMs: life.ttlMs }) };
  }

  /** A longer life. @throws VaultFailure 400 when it may not have one */
  async renew(entry: LeaseEntry, incrementMs: number): Promise<Life> {
    const { clock, leases } = this.#vault;
    const nowMs = clock.now();
    const mount = this.#vault.mounts.route(entry.path);
    const lives = mount ? livesOf(mount.entry) : { defaultTtlMs: systemTtlMs, maxTtlMs: systemTtlMs };
    const wanted = await this.#asked(entry, incrementMs);
    const { periodMs, explicitMaxTtlMs, issuedMs } = entry;
    const life = lifeOf({ mount: lives, nowMs, issuedMs, incrementMs, ...wanted, periodMs, explicitMaxTtlMs });
    await leases.prolong(entry, nowMs + life.ttlMs);
    return life;
  }

  async #asked(entry: LeaseEntry, incrementMs: number): Promise<{ ttlMs: number; maxTtlMs: number }> {
    const engine = this.#engineOf(entry);
    const granted: Granted = { internal: entry.internal, issuedMs: entry.issuedMs, incrementMs };
    if (entry.kind === "secret" && engine?.renew) return await engine.renew(granted);
    if (entry.kind === "auth" && engine?.renewLogin) return await engine.renewLogin(granted);
    return { ttlMs: entry.ttlMs, maxTtlMs: entry.maxTtlMs };
  }

  /** What a lease's end means: its engine takes the secret back, or its token dies. */
  async end(entry: LeaseEntry): Promise<void> {
    if (entry.kind === "auth") return await this.#vault.tokens.end(entry.token);
    await this.#engineOf(entry)?.revoke?.({ internal: entry.internal, issuedMs: entry.issuedMs, incrementMs: 0 });
  }

  /** Ends every lease at or below a path, and waits for it. @throws VaultFailure 400 with what failed */
  async revokeUnder(prefix: string): Promise<void> {
    const { leases } = this.#vault;
    const ids = await leases.ids(prefix);
    for (const [index, id] of ids.entries()) {
      try {
        await leases.revoke(id);
      } catch (error) {
        const of = `${index + 1} / ${ids.length}`;
        throw new VaultFailure(400, `failed to revoke "${id}" (${of}): ${(error as Error).message}`);
      }
    }
  }

  #engineOf({ path }: LeaseEntry): Engine | undefined {
    const backend = this.#vault.mounts.route(path)?.backend;
    return backend instanceof EngineBackend ? backend.engine : undefined;
  }
}

function displayNameOf({ path }: MountEntry, name: string): string {
  const mount = path.replace(/\/$/, "").replaceAll("/", "-");
  return name === "" ? mount : `${mount}-${name}`;
}

/** The `auth` part of an answer. */
export function authOf(token: TokenEntry, { renewable, ttlMs }: { renewable: boolean; ttlMs: number }): AnswerAuth {
  return {
    client_token: token.id,
    accessor: token.accessor,
    policies: token.policies,
    token_policies: token.policies,
    metadata: token.meta,
    lease_duration: wholeSeconds(ttlMs),
    renewable,
    entity_id: "",
    token_type: "service",
    mfa_requirement: null,
    num_uses: Math.max(0, token.numUses),
    orphan: token.parent === "",
  };
}
