import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "@minicluster/core";
import type { Gate } from "../embedded/gate.ts";
import { Acl } from "./acl.ts";
import { AuditBroker } from "./audit-broker.ts";
import type { Backend } from "./backend.ts";
import type { Barrier } from "./barrier.ts";
import { Cubbyhole } from "./cubbyhole.ts";
import type { VaultMysqlDriver } from "./engine.ts";
import { EngineBackend } from "./engine-backend.ts";
import { engineClock } from "./engine-clock.ts";
import { EngineLeases } from "./engine-leases.ts";
import { authMethods, secretsEngines } from "./engines/engine-makers.ts";
import { VaultFailure } from "./failure.ts";
import { IdentityBackend } from "./identity-backend.ts";
import { LeaseStore } from "./lease-store.ts";
import { fullPathOf, livesOf, type MountEntry, type MountTableName } from "./mount-entry.ts";
import { MountTable } from "./mount-table.ts";
import { PolicyStore } from "./policy-store.ts";
import { SysBackend } from "./sys/sys-backend.ts";
import { TokenBackend } from "./token-backend.ts";
import type { TokenEntry } from "./token-entry.ts";
import { TokenStore } from "./token-store.ts";
import { Wrapping } from "./wrapping.ts";

export interface ActiveVaultOptions {
  barrier: Barrier;
  clock: Clock;
  gate: Gate;
  note: (line: string) => void;
  driver?: VaultMysqlDriver | undefined;
}

/** What is mounted from the beginning, and can't be unmounted. */
const builtIn: readonly (readonly [
  table: MountTableName,
  path: string,
  type: string,
  description: string,
  headers?: readonly string[],
])[] = [
  ["mounts", "cubbyhole/", "cubbyhole", "per-token private secret storage"],
  ["mounts", "identity/", "identity", "identity store", ["Authorization"]],
  ["mounts", "sys/", "system", "system endpoints used for control, policy and debugging", ["Accept"]],
  ["auth", "token/", "token", "token based credentials"],
];

/** Everything that the active node holds in memory while it is active. */
export class ActiveVault {
  readonly clock: Clock;
  readonly barrier: Barrier;
  readonly note: (line: string) => void;
  readonly activeSinceMs: number;
  readonly mounts: MountTable;
  readonly policies: PolicyStore;
  readonly tokens: TokenStore;
  readonly leases: LeaseStore;
  readonly grants: EngineLeases;
  readonly wrapping: Wrapping;
  readonly audit: AuditBroker;
  readonly #engineClock: Clock;
  readonly #driver: VaultMysqlDriver | undefined;

  private constructor({ barrier, clock, gate, note, driver }: ActiveVaultOptions) {
    this.clock = clock;
    this.#driver = driver;
    this.#engineClock = engineClock(clock, gate);
    this.barrier = barrier;
    this.note = note;
    this.activeSinceMs = clock.now();
    this.mounts = new MountTable(barrier.below("mounts"), (entry) => this.#backendOf(entry));
    this.policies = new PolicyStore(barrier.below("policy"));
    this.tokens = new TokenStore({ barrier: barrier.below("token"), clock, leases: () => this.leases });
    this.grants = new EngineLeases(this);
    const end = this.grants.end.bind(this.grants);
    this.leases = new LeaseStore({ barrier: barrier.below("lease"), clock, gate, note, end });
    this.wrapping = new Wrapping(this);
    this.audit = new AuditBroker({ barrier: barrier.below("audit"), clock, note });
  }

  /** Opens what the storage holds; what ran out meanwhile is revoked at once. */
  static async open(options: ActiveVaultOptions): Promise<ActiveVault> {
    const vault = new ActiveVault(options);
    try {
      await vault.policies.load();
      await vault.mounts.load();
      await vault.audit.load();
      await vault.leases.load();
      return vault;
    } catch (error) {
      await vault.close();
      throw error;
    }
  }

  /** The first time: the built-in mounts and policies, and the root token. @returns the token */
  static async initialise(options: ActiveVaultOptions): Promise<string> {
    const vault = new ActiveVault(options);
    await vault.policies.initialise();
    for (const [table, path, type, description, headers] of builtIn) {
      const config = { defaultTtlMs: 0, maxTtlMs: 0, forceNoCache: false, passthroughRequestHeaders: headers };
      await vault.mounts.add({
        table,
        path,
        type,
        description,
        config,
        options: null,
        local: type === "cubbyhole",
        sealWrap: type === "system",
      });
    }
    const token = await vault.tokens.create({
      parent: "",
      policies: ["root"],
      path: "auth/token/root",
      meta: null,
      displayName: "root",
      numUses: 0,
      ttlMs: 0,
      explicitMaxTtlMs: 0,
      periodMs: 0,
    });
    await options.barrier.put("cluster", { name: `vault-cluster-${randomBytes(4).toString("hex")}`, id: randomUUID() });
    await vault.close();
    return token.id;
  }

  /** What a token may do. */
  async aclOf(token: Pick<TokenEntry, "policies">): Promise<Acl> {
    return new Acl(await this.policies.named(token.policies));
  }

  async close(): Promise<void> {
    this.leases.close();
    await this.mounts.close();
    await this.audit.close();
  }

  async #backendOf(entry: MountEntry): Promise<Backend | undefined> {
    if (entry.type === "system") return new SysBackend(this);
    if (entry.type === "token") return new TokenBackend(this);
    if (entry.type === "cubbyhole") return new Cubbyhole(this.tokens);
    if (entry.type === "identity") return new IdentityBackend();
    const version = entry.type === "kv" ? (entry.options?.["version"] ?? "1") : "";
    const kind = version ? `kv-${version}` : entry.type === "generic" ? "kv-1" : entry.type;
    const makers = entry.table === "auth" ? authMethods : secretsEngines;
    const load = Object.hasOwn(makers, kind) ? makers[kind] : undefined;
    if (!load) return undefined;
    const make = await load();
    const clock = this.#engineClock;
    const storage = this.mounts.storageOf(entry);
    const context = { storage, clock, random: randomBytes, driver: this.#driver, mountPath: fullPathOf(entry) };
    return new EngineBackend(
      make(
        {
          ...context,
          get defaultTtlMs(): number {
            return livesOf(entry).defaultTtlMs;
          },
          get maxTtlMs(): number {
            return livesOf(entry).maxTtlMs;
          },
        },
        entry.options ?? {},
      ),
    );
  }

  /** The mount that a path leads to. @throws VaultFailure 404 */
  routed(path: string): NonNullable<ReturnType<MountTable["route"]>> {
    const mount = this.mounts.route(path);
    if (!mount) throw new VaultFailure(404, `no handler for route "${path}". route entry not found.`);
    return mount;
  }
}
