import { chmod, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { lockFile } from "@minicluster/servers";
import { DevClusterError, invalidOption } from "./errors.ts";
import type { DevClusterOptions, DevVaultOptions } from "./options.ts";

/** What a start takes from the one before it where its own options say nothing. Nothing of it is secret. */
export interface KeptConfiguration {
  services: readonly string[];
  engine: NonNullable<DevClusterOptions["engine"]>;
  vault: Pick<DevVaultOptions, "auth" | "engine" | "leaseTtl" | "maxTtl">;
}

const format = 1;
const fileName = "cluster.json";

/** The directory of a cluster that comes back: MariaDB's data and the configuration, for one run at a time. */
export class DataDirectory implements AsyncDisposable {
  /** MariaDB's data directory. */
  readonly mysql: string;
  /** What the run before this one was started with; undefined for the first. */
  readonly kept: KeptConfiguration | undefined;
  readonly #path: string;
  readonly #unlock: () => Promise<void>;

  private constructor(options: { path: string; kept: KeptConfiguration | undefined; unlock: () => Promise<void> }) {
    this.#path = options.path;
    this.mysql = join(options.path, "mysql");
    this.kept = options.kept;
    this.#unlock = options.unlock;
  }

  /**
   * Makes the directory where it isn't (0700), and locks it.
   *
   * @throws DevClusterError `DEVCLUSTER_DATA_IN_USE`; `DEVCLUSTER_INVALID_OPTION` for a directory of something else
   */
  static async open(directory: string): Promise<DataDirectory> {
    const path = resolve(directory);
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      const names = await readdir(path);
      const ours = names.length === 0 || names.includes(fileName) || names.includes("lock");
      if (!ours) throw invalidOption(`data: ${path} holds something else: name a new or empty directory`);
      await chmod(path, 0o700);
    } catch (error) {
      if (error instanceof DevClusterError) throw error;
      throw invalidOption(`data: ${path} can't be used as a directory: ${(error as Error).message}`);
    }
    const onWait = (): never => {
      throw new DevClusterError("DEVCLUSTER_DATA_IN_USE", `data: another cluster runs on ${path}: stop it first`);
    };
    const unlock = await lockFile({ path: join(path, "lock"), onWait });
    try {
      return new DataDirectory({ path, kept: await readKept(join(path, fileName)), unlock });
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** What the next start goes on with. Readers see the old or the new one, whole. */
  async keep(configuration: KeptConfiguration): Promise<void> {
    const file = join(this.#path, fileName);
    await writeFile(`${file}.new`, `${JSON.stringify({ format, ...configuration }, null, 2)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  /** Lets the next run have it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#unlock();
  }
}

async function readKept(file: string): Promise<KeptConfiguration | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw invalidOption(`data: ${file} can't be read: ${error.message}`);
  });
  if (text === undefined) return undefined;
  const kept = parse(text);
  if (kept?.format === format && Array.isArray(kept.services)) return kept;
  throw invalidOption(`data: ${file} is not what this version writes: remove it, the databases beside it stay`);
}

function parse(text: string): (KeptConfiguration & { format: unknown }) | undefined {
  try {
    return JSON.parse(text) as KeptConfiguration & { format: unknown };
  } catch {
    return undefined;
  }
}
