import { constants } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { usageError } from "./error.ts";

/** What `init --keys-file` leaves behind: unseal keys and the root token, as JSON, for its owner alone. */
export interface KeysFile {
  keys: readonly string[];
  threshold: number;
  root_token: string;
}

/** A file that was just made, empty, mode 0600; nobody else had it before. */
export class NewKeysFile {
  readonly path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** @throws CliError `CLI_USAGE` when it exists or can't be made */
  static async create(path: string): Promise<NewKeysFile> {
    try {
      return new NewKeysFile(path, await open(path, "wx", 0o600));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const why = code === "EEXIST" ? "exists already; name a new file" : `can't be made (${code})`;
      throw usageError(`--keys-file: ${path} ${why}`);
    }
  }

  async write(content: KeysFile): Promise<void> {
    await this.#handle.writeFile(`${JSON.stringify(content, undefined, 2)}\n`);
    await this.#handle.sync();
    await this.#handle.close();
  }

  /** Takes the file away again. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.path, { force: true });
  }
}

/** Longer than any file of keys. */
const maxBytes = 65_536;

/**
 * The keys in a file of `init`, or one a line in any other. Others than its owner must not be able to read it.
 *
 * @throws CliError `CLI_USAGE`
 */
export async function readKeysFile(path: string): Promise<string[]> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw usageError(`--keys-file: ${path} can't be read (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw usageError(`--keys-file: ${path} is not a file`);
    if (stat.mode & 0o077) {
      throw usageError(`--keys-file: others than its owner can read ${path}; run chmod 600 ${path}`);
    }
    if (stat.size > maxBytes) throw usageError(`--keys-file: ${path} is too long to be a file of keys`);
    return keysIn(await handle.readFile("utf8"), `--keys-file: ${path}`);
  } finally {
    await handle.close();
  }
}

/** Keys as JSON (`{"keys": [...]}`, ours and Vault's own) or one a line. @throws CliError `CLI_USAGE` without any; the text isn't in it */
export function keysIn(text: string, where: string): string[] {
  const keys = text.trimStart().startsWith("{") ? jsonKeys(text) : text.split("\n").map((line) => line.trim());
  const found = keys.filter((key) => key !== "");
  if (found.length === 0) throw usageError(`${where} holds no unseal key`);
  if (!found.every((key) => /^[A-Za-z0-9+/=_-]{16,1024}$/.test(key))) {
    throw usageError(`${where} holds a line that is no unseal key; write one key a line, in hex or base64`);
  }
  return found;
}

function jsonKeys(text: string): string[] {
  try {
    const { keys, unseal_keys_b64, keys_base64 } = JSON.parse(text) as Record<string, unknown>;
    const list = keys_base64 ?? unseal_keys_b64 ?? keys;
    return Array.isArray(list) ? list.filter((key) => typeof key === "string") : [];
  } catch {
    return [];
  }
}
