import { createHash } from "node:crypto";
import type { EngineContext } from "../../engine.ts";
import type { EngineStorage } from "../../engine-storage.ts";
import { type Route, route } from "../routing/route.ts";

type Entry = Readonly<Record<string, unknown>>;

/** One of app-id's two maps. Its list shows salted hashes: a real one does not keep the ids. */
export class AppIdMap {
  readonly #name: string;
  readonly #storage: EngineStorage;
  readonly #random: (bytes: number) => Buffer;
  #salt: Promise<string> | undefined;

  constructor(name: "app-id" | "user-id", { storage, random }: EngineContext) {
    this.#name = name;
    this.#storage = storage;
    this.#random = random;
  }

  async get(id: string): Promise<Entry | undefined> {
    return this.#storage.get<Entry>(await this.#key(id));
  }

  /** Without a list, a read of the map lists it too; a read of what is not there has no data. */
  routes(): Route[] {
    const list = async (): Promise<string[]> => this.#storage.list(`map/${this.#name}/`);
    const both = { cidr_block: "string", value: "string", display_name: "string" } as const;
    const { cidr_block, value, display_name } = both;
    const shown = this.#name === "app-id" ? { value, display_name } : { value, cidr_block };
    return [
      route({
        path: new RegExp(`^map/${this.#name}/?$`),
        fields: {},
        read: async () => {
          const keys = await list();
          return { status: 200, data: keys.length ? { keys } : {} };
        },
        list: async () => {
          const keys = await list();
          return keys.length ? { data: { keys } } : undefined;
        },
      }),
      route({
        path: new RegExp(`^map/${this.#name}/(?<key>[-\\w]+)$`),
        fields: { key: "string", ...shown },
        exists: async ({ key = "" }) => (await this.get(key)) !== undefined,
        read: async ({ values: { key = "" } }) => ({ status: 200, data: await this.get(key) }),
        write: async ({ values: { key = "" }, request }) => {
          await this.#storage.put(await this.#key(key), { ...request.data, key });
          return undefined;
        },
        delete: async ({ values: { key = "" } }) => {
          await this.#storage.delete(await this.#key(key));
          return undefined;
        },
      }),
    ];
  }

  async #key(id: string): Promise<string> {
    this.#salt ??= this.#keptSalt();
    const hash = createHash("sha256")
      .update((await this.#salt) + id)
      .digest("hex");
    return `map/${this.#name}/s${hash}`;
  }

  async #keptSalt(): Promise<string> {
    const key = `salt/${this.#name}`;
    const kept = await this.#storage.get<string>(key);
    if (kept !== undefined) return kept;
    const salt = this.#random(16).toString("hex");
    await this.#storage.put(key, salt);
    return salt;
  }
}
