import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { EngineStorage } from "./engine-storage.ts";
import { emptyFolder, type Folder } from "./vault-storage.ts";

const [nonceBytes, tagBytes] = [12, 16];

/** AES-256-GCM: nonce, tag, ciphertext. */
export function encrypt(key: Buffer, text: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** @throws an error of node:crypto when it is another key */
export function decrypt(key: Buffer, box: Buffer): string {
  const decipher = createDecipheriv("aes-256-gcm", key, box.subarray(0, nonceBytes));
  decipher.setAuthTag(box.subarray(nonceBytes, nonceBytes + tagBytes));
  return decipher.update(box.subarray(nonceBytes + tagBytes), undefined, "utf8") + decipher.final("utf8");
}

/** The storage as an unsealed node sees it: nothing is readable without the key, which is in its memory only. */
export class Barrier implements EngineStorage {
  readonly #folder: Folder;
  readonly #key: Buffer;

  constructor(folder: Folder, key: Buffer) {
    this.#folder = folder;
    this.#key = key;
  }

  /** A folder of it as a storage of its own; made when it is not there. */
  below(path: string): Barrier {
    let folder = this.#folder;
    for (const name of path.split("/").filter(Boolean)) folder = entered(folder, name);
    return new Barrier(folder, this.#key);
  }

  /** Removes a folder with all that is in it. */
  async clear(path: string): Promise<void> {
    const { folder, name } = this.#find(path.replace(/\/$/, ""));
    folder?.folders.delete(name);
  }

  async get<T>(key: string): Promise<T | undefined> {
    const { folder, name } = this.#find(key);
    const box = folder?.values.get(name);
    return box && (JSON.parse(decrypt(this.#key, box)) as T);
  }

  async put(key: string, value: unknown): Promise<void> {
    const names = key.split("/");
    const last = names.pop() ?? "";
    let folder = this.#folder;
    for (const name of names) folder = entered(folder, name);
    folder.values.set(last, encrypt(this.#key, JSON.stringify(value)));
  }

  async delete(key: string): Promise<void> {
    const names = key.split("/");
    const last = names.pop() ?? "";
    const way = [this.#folder];
    for (const name of names) {
      const next = way.at(-1)?.folders.get(name);
      if (!next) return;
      way.push(next);
    }
    way.at(-1)?.values.delete(last);
    // A folder without anything in it is not listed.
    for (let depth = way.length - 1; depth > 0; depth -= 1) {
      const folder = way[depth];
      if (!folder || folder.values.size > 0 || folder.folders.size > 0) return;
      way[depth - 1]?.folders.delete(names[depth - 1] ?? "");
    }
  }

  async list(prefix: string): Promise<string[]> {
    let folder: Folder | undefined = this.#folder;
    for (const name of prefix.split("/").slice(0, -1)) folder = folder?.folders.get(name);
    if (!folder) return [];
    return [...folder.values.keys(), ...[...folder.folders.keys()].map((name) => `${name}/`)].sort();
  }

  #find(key: string): { folder: Folder | undefined; name: string } {
    const names = key.split("/");
    const name = names.pop() ?? "";
    let folder: Folder | undefined = this.#folder;
    for (const step of names) folder = folder?.folders.get(step);
    return { folder, name };
  }
}

function entered(folder: Folder, name: string): Folder {
  const found = folder.folders.get(name) ?? emptyFolder();
  folder.folders.set(name, found);
  return found;
}
