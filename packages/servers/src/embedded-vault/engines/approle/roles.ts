import type { EngineStorage } from "../../engine-storage.ts";
import { broken } from "../routing/refusals.ts";
import type { TokenParameters } from "./token-parameters.ts";

/** One role. */
export interface Role {
  name: string;
  roleId: string;
  /** Of the hashes under which its secret-ids are kept. */
  hmacKey: string;
  bindSecretId: boolean;
  secretIdBoundCidrs: readonly string[] | null;
  secretIdNumUses: number;
  secretIdTtlSeconds: number;
  token: TokenParameters;
  /** Whether its policies came as `policies`, which its answers then show too. */
  oldPolicies: boolean;
}

/** The roles of a mount, by name (which is lower case) and by role-id. */
export class Roles {
  readonly #storage: EngineStorage;

  constructor(storage: EngineStorage) {
    this.#storage = storage;
  }

  find(name: string): Promise<Role | undefined> {
    return this.#storage.get<Role>(`role/${name.toLowerCase()}`);
  }

  async findById(roleId: string): Promise<Role | undefined> {
    const name = await this.#storage.get<string>(idKey(roleId));
    return name === undefined ? undefined : this.find(name);
  }

  list(): Promise<string[]> {
    return this.#storage.list("role/");
  }

  /** @throws VaultFailure 500 where another role has its role-id */
  async put(role: Role, previousRoleId?: string): Promise<void> {
    const taken = await this.#storage.get<string>(idKey(role.roleId));
    if (taken !== undefined && taken !== role.name) throw broken("role_id already in use");
    if (previousRoleId !== undefined && previousRoleId !== role.roleId)
      await this.#storage.delete(idKey(previousRoleId));
    await this.#storage.put(`role/${role.name}`, role);
    await this.#storage.put(idKey(role.roleId), role.name);
  }

  async delete(role: Role): Promise<void> {
    await this.#storage.delete(idKey(role.roleId));
    await this.#storage.delete(`role/${role.name}`);
  }
}

function idKey(roleId: string): string {
  return `role-id/${Buffer.from(roleId).toString("base64url")}`;
}
