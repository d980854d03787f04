import { randomUUID } from "node:crypto";
import type { Backend } from "./backend.ts";
import type { Barrier } from "./barrier.ts";
import { VaultFailure } from "./failure.ts";
import { fullPathOf, type MountEntry, type MountTableName, newAccessor } from "./mount-entry.ts";

export interface Mount {
  readonly entry: MountEntry;
  readonly backend: Backend;
}

export interface Routed extends Mount {
  /** The rest of the path below the mount. */
  readonly below: string;
}

/** How a backend of a type is made; undefined for a type that there is none of. */
export type BackendMaker = (entry: MountEntry) => Promise<Backend | undefined>;

export type NewMount = Omit<MountEntry, "accessor" | "uuid">;

/** What is mounted where, secrets engines and auth methods alike. */
export class MountTable {
  readonly #barrier: Barrier;
  readonly #make: BackendMaker;
  readonly #mounts = new Map<string, Mount>();

  constructor(barrier: Barrier, make: BackendMaker) {
    this.#barrier = barrier;
    this.#make = make;
  }

  /** Opens everything that the storage knows. */
  async load(): Promise<void> {
    for (const uuid of await this.#barrier.list("mount/")) {
      const entry = await this.#barrier.get<MountEntry>(`mount/${uuid}`);
      if (entry) await this.#open(entry);
    }
  }

  all(table: MountTableName): Mount[] {
    return [...this.#mounts.values()].filter(({ entry }) => entry.table === table);
  }

  /** By its whole path: `auth/approle/`. */
  get(path: string): Mount | undefined {
    return this.#mounts.get(path);
  }

  byAccessor(accessor: string): Mount | undefined {
    return [...this.#mounts.values()].find(({ entry }) => entry.accessor === accessor);
  }

  /** The mount that a path leads to, by its longest prefix. */
  route(path: string): Routed | undefined {
    const withSlash = path.endsWith("/") ? path : `${path}/`;
    const names = withSlash.split("/").slice(0, -1);
    for (let count = names.length; count > 0; count -= 1) {
      const prefix = `${names.slice(0, count).join("/")}/`;
      const mount = this.#mounts.get(prefix);
      if (mount) return { ...mount, below: path.slice(prefix.length) };
    }
    return undefined;
  }

  /** A mount that stands in the way of a new one. */
  conflict(path: string): string | undefined {
    for (const known of this.#mounts.keys()) {
      if (known.startsWith(path) || path.startsWith(known)) return known;
    }
    return undefined;
  }

  /** @throws VaultFailure 400 for a type that this Vault has not */
  async add(mount: NewMount): Promise<MountEntry> {
    const entry = { ...mount, accessor: newAccessor(mount.table, mount.type), uuid: randomUUID() };
    await this.#open(entry);
    await this.save(entry);
    return entry;
  }

  save(entry: MountEntry): Promise<void> {
    return this.#barrier.put(`mount/${entry.uuid}`, entry);
  }

  async remove({ entry, backend }: Mount): Promise<void> {
    this.#mounts.delete(fullPathOf(entry));
    await this.#barrier.delete(`mount/${entry.uuid}`);
    await backend.close();
    await this.#barrier.clear(`logical/${entry.uuid}`);
  }

  storageOf({ uuid }: MountEntry): Barrier {
    return this.#barrier.below(`logical/${uuid}`);
  }

  /** Makes a mount's backend anew, for options that it reads when it is made. */
  async reopen(mount: Mount): Promise<void> {
    await mount.backend.close();
    await this.#open(mount.entry);
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#mounts.values()].map(({ backend }) => backend.close()));
  }

  async #open(entry: MountEntry): Promise<void> {
    const backend = await this.#make(entry);
    if (!backend) throw new VaultFailure(400, `plugin not found in the catalog: ${entry.type}`);
    this.#mounts.set(fullPathOf(entry), { entry, backend });
  }
}
