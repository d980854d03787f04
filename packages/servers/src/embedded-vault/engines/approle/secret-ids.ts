import { createHmac } from "node:crypto";
import type { EngineContext } from "../../engine.ts";
import { broken } from "../routing/refusals.ts";
import { passed, Stamps } from "../routing/stamps.ts";
import { Turns } from "../routing/turns.ts";
import { uuid } from "../routing/uuid.ts";
import type { Role } from "./roles.ts";

/** What is kept of a secret-id; the id itself is not. */
export interface SecretId {
  accessor: string;
  /** Left; 0: any number. */
  numUses: number;
  ttlSeconds: number;
  /** Stamps; an expiration that never comes is year 1. */
  created: string;
  expires: string;
  updated: string;
  metadata: Readonly<Record<string, string>>;
  cidrs: readonly string[];
  tokenBoundCidrs: readonly string[];
}

export interface NewSecretId {
  secretId: string;
  metadata: Readonly<Record<string, string>>;
  cidrs: readonly string[];
  tokenBoundCidrs: readonly string[];
}

const never = "0001-01-01T00:00:00Z";

/** The secret-ids of a mount's roles, by a keyed hash of the id and by accessor. */
export class SecretIds {
  readonly #context: EngineContext;
  readonly #stamps: Stamps;
  readonly #turns = new Turns();

  constructor(context: EngineContext) {
    this.#context = context;
    this.#stamps = new Stamps(context.clock);
  }

  /** @throws VaultFailure 500 where the role has that one already */
  add(role: Role, { secretId, ...made }: NewSecretId): Promise<SecretId> {
    const key = keyOf(role, secretId);
    const { storage, random } = this.#context;
    return this.#turns.take(key, async () => {
      if (await this.#live(key)) throw broken("failed to store secret_id: SecretID is already registered");
      const created = this.#stamps.now();
      const ttlSeconds = role.secretIdTtlSeconds;
      const kept: SecretId = {
        accessor: uuid(random),
        numUses: role.secretIdNumUses,
        ttlSeconds,
        created,
        expires: ttlSeconds ? later(created, this.shownTtlSeconds(ttlSeconds)) : never,
        updated: created,
        ...made,
      };
      await storage.put(key, kept);
      await storage.put(accessorKey(kept.accessor), key);
      return kept;
    });
  }

  find(role: Role, secretId: string): Promise<SecretId | undefined> {
    return this.#live(keyOf(role, secretId));
  }

  /** @returns undefined for an accessor nobody has; null for one whose secret-id is another role's */
  async findByAccessor(role: Role, accessor: string): Promise<SecretId | null | undefined> {
    const key = await this.#context.storage.get<string>(accessorKey(accessor));
    const found = key === undefined ? undefined : await this.#live(key);
    if (!found || key === undefined) return undefined;
    return key.startsWith(folderOf(role)) ? found : null;
  }

  /** @returns the accessors of those that have not expired */
  async accessors(role: Role): Promise<string[]> {
    const folder = folderOf(role);
    const found: string[] = [];
    for (const name of await this.#context.storage.list(folder)) {
      const one = await this.#live(folder + name);
      if (one) found.push(one.accessor);
    }
    return found;
  }

  /** Takes one of its uses, the last of which ends it. */
  use(role: Role, secretId: string): Promise<SecretId | undefined> {
    const key = keyOf(role, secretId);
    return this.#turns.take(key, async () => {
      const found = await this.#live(key);
      if (!found || found.numUses === 0) return found;
      if (found.numUses === 1) await this.#remove(key, found);
      else {
        await this.#context.storage.put(key, { ...found, numUses: found.numUses - 1, updated: this.#stamps.now() });
      }
      return found;
    });
  }

  destroy(role: Role, secretId: string): Promise<void> {
    const key = keyOf(role, secretId);
    return this.#turns.take(key, async () => {
      const found = await this.#live(key);
      if (found) await this.#remove(key, found);
    });
  }

  /** @returns whether the role has one with that accessor */
  async destroyByAccessor(role: Role, accessor: string): Promise<boolean> {
    const found = await this.findByAccessor(role, accessor);
    if (!found) return false;
    const key = await this.#context.storage.get<string>(accessorKey(accessor));
    if (key !== undefined) await this.#turns.take(key, () => this.#remove(key, found));
    return true;
  }

  async destroyAll(role: Role): Promise<void> {
    for (const accessor of await this.accessors(role)) await this.destroyByAccessor(role, accessor);
  }

  /** A role's TTL within the mount's max TTL. */
  shownTtlSeconds(ttlSeconds: number): number {
    return Math.min(ttlSeconds, Math.trunc(this.#context.maxTtlMs / 1_000));
  }

  async #live(key: string): Promise<SecretId | undefined> {
    const found = await this.#context.storage.get<SecretId>(key);
    if (!found || found.expires === never || !passed(found.expires, this.#context.clock.now())) return found;
    await this.#remove(key, found);
    return undefined;
  }

  async #remove(key: string, { accessor }: SecretId): Promise<void> {
    await this.#context.storage.delete(accessorKey(accessor));
    await this.#context.storage.delete(key);
  }
}

function folderOf(role: Role): string {
  return `secret-id/${hmac(role, role.name)}/`;
}

function keyOf(role: Role, secretId: string): string {
  return folderOf(role) + hmac(role, secretId);
}

function hmac(role: Role, value: string): string {
  return createHmac("sha256", role.hmacKey).update(value).digest("hex");
}

function accessorKey(accessor: string): string {
  return `accessor/${Buffer.from(accessor).toString("base64url")}`;
}

function later(stamp: string, seconds: number): string {
  return new Date(Date.parse(stamp) + seconds * 1_000).toISOString().slice(0, 19) + stamp.slice(19);
}
