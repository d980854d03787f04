import type { Clock } from "@minicluster/core";
import type { Connection, ConnectionOptions } from "mysql2";
import type { EngineStorage } from "./engine-storage.ts";

/** The module `mysql2`, or one that stands in for it: what the database engines make accounts through. */
export interface VaultMysqlDriver {
  createConnection(options: ConnectionOptions): Connection;
}

/** What a request wants, in Vault's words. POST and PUT are `update` (a path that is new to the engine is `create` for policies). */
export type Operation = "read" | "list" | "create" | "update" | "delete";

export interface EngineRequest {
  operation: Operation;
  /** Below the mount, without a slash at either end: `creds/todo`. */
  path: string;
  /** Below `/v1/`, the mount included: `mysql/creds/todo`. */
  fullPath: string;
  /** The JSON body, or the query of a GET. */
  data: Readonly<Record<string, unknown>>;
  /** Who asks; undefined for a login. */
  token?: { accessor: string; entityName: string; displayName: string; policies: readonly string[] } | undefined;
  /** The client's address, for CIDR rules. */
  remoteAddress: string;
  /** Wanted by X-Vault-Wrap-TTL; the pipeline wraps, an engine may look. */
  wrapTtlMs?: number | undefined;
}

/** A token that a login asks for; the token store makes it, within the mount's limits. */
export interface LoginGrant {
  displayName: string;
  policies: readonly string[];
  metadata: Readonly<Record<string, string>>;
  /** 0: the mount's default. */
  ttlMs: number;
  maxTtlMs: number;
  periodMs?: number | undefined;
  renewable: boolean;
  numUses?: number | undefined;
  boundCidrs?: readonly string[] | undefined;
  /** What {@link Engine.renewLogin} gets back. */
  internal?: Readonly<Record<string, unknown>> | undefined;
}

/** A secret with a life: the lease store keeps it, and calls {@link Engine.revoke} at its end. */
export interface LeaseGrant {
  /** 0: the mount's default. */
  ttlMs: number;
  maxTtlMs: number;
  renewable: boolean;
  /** What {@link Engine.renew} and {@link Engine.revoke} get back. */
  internal: Readonly<Record<string, unknown>>;
}

export interface EngineAnswer {
  /** Default 200 with data or auth, 204 without. */
  status?: number | undefined;
  data?: Readonly<Record<string, unknown>> | undefined;
  warnings?: readonly string[] | undefined;
  /** `lease_duration` of an answer without a lease (KV 1 shows its mount's default TTL). */
  shownTtlMs?: number | undefined;
  lease?: LeaseGrant | undefined;
  login?: LoginGrant | undefined;
}

/** What was granted, as its engine wanted it remembered. */
export interface Granted {
  internal: Readonly<Record<string, unknown>>;
  issuedMs: number;
  /** Asked for by the client; 0: none. */
  incrementMs: number;
}

/** What a mount gives its engine. */
export interface EngineContext {
  /** Its own part of the storage: shared by all nodes, kept over kill and restart. */
  storage: EngineStorage;
  clock: Clock;
  /** Of the mount, tuned or the system's (768 h). */
  defaultTtlMs: number;
  maxTtlMs: number;
  random: (bytes: number) => Buffer;
  /** Default: `mysql2`. */
  driver?: VaultMysqlDriver | undefined;
  /** `mysql/`, `auth/approle/`. */
  mountPath: string;
}

/**
 * A secrets engine or an auth method: one instance a mount and active node; made when the node becomes active, closed when it
 * stops being so. All that must survive is in its storage.
 */
export interface Engine {
  /** @throws VaultFailure with Vault's status and message; undefined is 404 for a read or list and 204 for the rest */
  handle(request: EngineRequest): Promise<EngineAnswer | undefined>;
  /** Whether the path may be asked without a token (logins). */
  unauthenticated?(path: string): boolean;
  /** Whether something is stored there, which makes a write `update` and not `create` for policies. Default true. */
  exists?(path: string): Promise<boolean>;
  /** The life from now on; the lease store keeps it within max TTL. Default: what it was granted with. */
  renew?(granted: Granted): Promise<{ ttlMs: number; maxTtlMs: number }>;
  revoke?(granted: Granted): Promise<void>;
  renewLogin?(granted: Granted): Promise<{ ttlMs: number; maxTtlMs: number }>;
  /** Timers end, connections close; the storage stays. */
  close?(): Promise<void>;
}

/** How a mount's engine is made. */
export type EngineMaker = (context: EngineContext, options: Readonly<Record<string, string>>) => Engine;
