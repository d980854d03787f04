import type { EngineContext } from "../../engine.ts";
import { refused } from "../routing/refusals.ts";
import { Stamps } from "../routing/stamps.ts";
import { Turns } from "../routing/turns.ts";
import { addVersion, type KeyMetadata, newKey, type VersionMetadata } from "./key-metadata.ts";
import { type KvConfiguration, kvConfiguration } from "./kv-configuration.ts";

type Data = Readonly<Record<string, unknown>> | null;

/** The keys of a KV 2 mount: `metadata/PATH`, and each version's data beside it. */
export class VersionedKeys {
  readonly #context: EngineContext;
  readonly #turns = new Turns();
  readonly stamps: Stamps;

  constructor(context: EngineContext) {
    this.#context = context;
    this.stamps = new Stamps(context.clock);
  }

  find(path: string): Promise<KeyMetadata | undefined> {
    return this.#context.storage.get<KeyMetadata>(`metadata/${path}`);
  }

  list(prefix: string): Promise<string[]> {
    return this.#context.storage.list(`metadata/${prefix}`);
  }

  /** @returns null where the data is null */
  async data(path: string, version: number): Promise<Data> {
    return (await this.#context.storage.get<{ data: Data }>(dataKey(path, version)))?.data ?? null;
  }

  /**
   * Writes the next version.
   *
   * @param cas the version that must be the current one; undefined where none was named
   * @throws VaultFailure 400 where it is another one, or none was named and one is required
   */
  add(path: string, data: Data, cas: unknown): Promise<{ key: KeyMetadata; version: VersionMetadata }> {
    const { storage } = this.#context;
    return this.#turns.take(path, async () => {
      const configuration = await kvConfiguration(storage);
      const key = (await this.find(path)) ?? newKey("");
      mustMatch(cas, key, configuration);
      const version = { created: this.stamps.now(), deletion: "", destroyed: false };
      version.deletion = deletion(Date.parse(version.created), key, configuration, version.created);
      await storage.put(dataKey(path, key.current + 1), { data });
      const gone = addVersion(key, version, configuration.maxVersions);
      await this.#put(path, key);
      for (const number of gone) await storage.delete(dataKey(path, number));
      return { key, version };
    });
  }

  /** Changes what is kept of a key; a key that does not exist is made only when `make` says so. */
  change(path: string, change: (key: KeyMetadata) => void, { make = false }: { make?: boolean } = {}): Promise<void> {
    return this.#turns.take(path, async () => {
      const key = (await this.find(path)) ?? (make ? newKey(this.stamps.now()) : undefined);
      if (!key) return;
      change(key);
      await this.#put(path, key);
    });
  }

  /** The versions come back, for as long as the key or the mount keeps one. */
  async undelete(path: string, numbers: readonly number[]): Promise<void> {
    const configuration = await kvConfiguration(this.#context.storage);
    const now = this.#context.clock.now();
    await this.change(path, (key) => {
      for (const number of numbers) {
        const version = key.versions[number];
        if (version && !version.destroyed) version.deletion = deletion(now, key, configuration, this.stamps.now());
      }
    });
  }

  async destroy(path: string, numbers: readonly number[]): Promise<void> {
    await this.change(path, (key) => {
      for (const number of numbers) {
        const version = key.versions[number];
        if (version) version.destroyed = true;
      }
    });
    for (const number of numbers) await this.#context.storage.delete(dataKey(path, number));
  }

  /** The key and all of its versions. */
  forget(path: string): Promise<void> {
    const { storage } = this.#context;
    return this.#turns.take(path, async () => {
      const key = await this.find(path);
      for (const number of Object.keys(key?.versions ?? {})) await storage.delete(dataKey(path, Number(number)));
      await storage.delete(`metadata/${path}`);
    });
  }

  #put(path: string, key: KeyMetadata): Promise<void> {
    return this.#context.storage.put(`metadata/${path}`, key);
  }
}

/** Not below the path, which may be a folder of others. */
function dataKey(path: string, version: number): string {
  return `versions/${Buffer.from(path).toString("base64url")}/${version}`;
}

function mustMatch(cas: unknown, key: KeyMetadata, configuration: KvConfiguration): void {
  if (cas === undefined) {
    if (configuration.casRequired || key.casRequired) throw refused("check-and-set parameter required for this call");
    return;
  }
  if (!/^\d+$/.test(String(cas))) throw refused("error parsing check-and-set parameter");
  if (Number(cas) !== key.current) throw refused("check-and-set parameter did not match the current version");
}

/** The shorter of what the mount and the key say, counted from `fromMs`, with the fraction of `stamp`. */
function deletion(fromMs: number, key: KeyMetadata, configuration: KvConfiguration, stamp: string): string {
  const seconds = [configuration.deleteAfterSeconds, key.deleteAfterSeconds].filter((each) => each > 0);
  if (configuration.deleteAfterSeconds < 0 || seconds.length === 0) return "";
  const at = new Date(fromMs + Math.min(...seconds) * 1_000).toISOString();
  return at.slice(0, 19) + stamp.slice(19);
}
