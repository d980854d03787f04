import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { cacheDirectory } from "./cache-directory.ts";
import { lockFile } from "./file-lock.ts";
import { type FetchOptions, Progress } from "./progress.ts";
import { Place } from "./sandbox.ts";
import type { Watchdog } from "./watchdog.ts";

/** Something that is downloaded or built once for each user. */
export interface Artefact {
  /** Its directory in the cache: holds whatever makes two of them differ (version, architecture, hash of the sources). */
  key: string;
  /** For progress lines: "Vault 1.11.0". */
  title: string;
  /** Fills `directory`; `watchdog` gets what must not outlive this process. */
  make(job: MakeJob): Promise<void>;
}

export interface MakeJob {
  directory: string;
  progress: Progress;
  watchdog: Watchdog;
  signal?: AbortSignal | undefined;
}

/**
 * The artefact's directory, made first where the cache doesn't have it. One process makes it, others wait; it appears
 * by a rename, whole or not at all. What a killed maker left is removed.
 */
export async function cached(artefact: Artefact, options: FetchOptions = {}): Promise<string> {
  const path = join(cacheDirectory(), artefact.key);
  if (existsSync(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  const progress = new Progress(artefact.title, options);
  const { signal } = options;
  const onWait = (): void => progress.step("waiting for another process that is getting it");
  const unlock = await lockFile({ path: `${path}.lock`, onWait, signal }).finally(() => progress.end());
  try {
    if (!existsSync(path)) await makeBeside(path, (job) => artefact.make({ ...job, progress, signal }));
    return path;
  } finally {
    progress.end();
    await unlock();
  }
}

async function makeBeside(
  path: string,
  make: (job: { directory: string; watchdog: Watchdog }) => Promise<void>,
): Promise<void> {
  const prefix = `${basename(path)}.making-`;
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(prefix)) await removeTree(join(dirname(path), name));
  }
  const place = await Place.open("making");
  const directory = await mkdtemp(join(dirname(path), prefix));
  try {
    await place.watchdog.watchDirectory(directory);
    await make({ directory, watchdog: place.watchdog });
    await chmod(directory, 0o755);
    await rename(directory, path);
  } finally {
    await removeTree(directory);
    await place.watchdog.forgetDirectory(directory);
    await place.close();
  }
}

async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

/** Eight hexadecimal digits that change with the inputs. */
export function fingerprint(...inputs: (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const input of inputs) hash.update(input).update("\0");
  return hash.digest("hex").slice(0, 8);
}
