import { asJson, type Json, strings } from "./answer.ts";
import type { AuthorizedRequests } from "./authorized.ts";
import { invalidOption, VaultError } from "./error.ts";
import { encodePath, trimSlashes } from "./path.ts";
import type { CallOptions } from "./request.ts";

/** A secret of a KV mount. */
export interface KvSecret {
  data: Json;
  /** Of version 2; 0 for version 1, which keeps none. */
  version: number;
  /** Of version 2: created_time, custom_metadata, ... */
  metadata: Json;
}

export interface KvGetOptions extends CallOptions {
  /** An older version (version 2 only). Default: the newest. */
  version?: number | undefined;
}

export interface KvPutOptions extends CallOptions {
  /** Write only if this is the newest version now; 0: only if there is none (version 2 only). */
  cas?: number | undefined;
}

/** A KV mount. Made by `vault.kv(mount, { version })`. */
export class Kv {
  readonly #requests: AuthorizedRequests;
  readonly #mount: string;
  readonly #version: 1 | 2;

  constructor(options: { requests: AuthorizedRequests; mount: string; version: 1 | 2 }) {
    this.#requests = options.requests;
    this.#mount = trimSlashes(options.mount);
    this.#version = options.version;
    encodePath(this.#mount);
    if (options.version !== 1 && options.version !== 2) throw invalidOption("kv: version is 1 or 2");
  }

  /** The secret, or undefined where there is none (or it was deleted). @throws VaultError */
  async get(path: string, options: KvGetOptions = {}): Promise<KvSecret | undefined> {
    const { version, ...call } = options;
    const query = version === undefined ? undefined : { version: String(version) };
    const body = await this.#found({ ...call, method: "GET", path: this.#path("data", path), query });
    const outer = asJson(body?.["data"]);
    if (this.#version === 1) return outer && { data: outer, version: 0, metadata: {} };
    const data = asJson(outer?.["data"]);
    const metadata = asJson(outer?.["metadata"]) ?? {};
    return data && { data, version: Number(metadata["version"] ?? 0), metadata };
  }

  /** Writes the whole secret; resolves to its version (0 for version 1). @throws VaultError `VAULT_CAS_MISMATCH`, ... */
  async put(path: string, data: Json, options: KvPutOptions = {}): Promise<number> {
    const { cas, ...call } = options;
    if (cas !== undefined && this.#version === 1) throw invalidOption("kv: cas needs version 2");
    const body = this.#version === 1 ? data : { data, ...(cas !== undefined && { options: { cas } }) };
    const request = { method: "POST", path: this.#path("data", path), body, purpose: "cas" } as const;
    const answer = (await this.#requests.patiently({ ...call, ...request })).body;
    return Number(asJson(answer?.["data"])?.["version"] ?? 0);
  }

  /** Deletes the secret; of version 2 the newest version, which can be undeleted. */
  async delete(path: string, options: CallOptions = {}): Promise<void> {
    await this.#requests.patiently({ ...options, method: "DELETE", path: this.#path("data", path) });
  }

  /** The names below a path; folders end with a slash. None: empty. */
  async list(path = "", options: CallOptions = {}): Promise<string[]> {
    const body = await this.#found({ ...options, method: "LIST", path: this.#path("metadata", path) });
    return strings(asJson(body?.["data"])?.["keys"]);
  }

  /** What version 2 keeps about a secret, or undefined. */
  async metadata(path: string, options: CallOptions = {}): Promise<Json | undefined> {
    if (this.#version === 1) throw invalidOption("kv: metadata needs version 2");
    return asJson((await this.#found({ ...options, method: "GET", path: this.#path("metadata", path) }))?.["data"]);
  }

  #path(part: "data" | "metadata", path: string): string {
    return [this.#mount, this.#version === 2 ? part : "", trimSlashes(path)].filter((each) => each !== "").join("/");
  }

  async #found(request: Parameters<AuthorizedRequests["patiently"]>[0]): Promise<Json | undefined> {
    try {
      return (await this.#requests.patiently(request)).body;
    } catch (error) {
      if (error instanceof VaultError && error.code === "VAULT_NOT_FOUND") return undefined;
      throw error;
    }
  }
}
