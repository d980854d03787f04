import { lstat, mkdir } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Where sockets of `minicluster dev` may lie, the best first: `minicluster` in XDG_RUNTIME_DIR, which only its user can
 * enter (XDG Base Directory Specification); else a folder of the user's own among the temporary files.
 */
export function runtimeDirectories(env: Env): string[] {
  const { XDG_RUNTIME_DIR: runtime, TMPDIR: temporary } = env;
  const own = join(temporary || tmpdir(), `minicluster-run-${userInfo().uid}`);
  return runtime?.startsWith("/") ? [join(runtime, "minicluster"), own] : [own];
}

/** Makes the directory where it isn't there yet. Resolves to why it can't be used; undefined when it can. */
export async function makePrivate(directory: string): Promise<string | undefined> {
  try {
    await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } catch (error) {
    return `${directory} can't be made (${(error as NodeJS.ErrnoException).code})`;
  }
  return await whyNotPrivate(directory);
}

/** Whether somebody else could have put something there: why; undefined when nobody could. */
export async function whyNotPrivate(directory: string): Promise<string | undefined> {
  try {
    const stat = await lstat(directory);
    if (!stat.isDirectory()) return `${directory} is not a directory`;
    if (stat.uid !== userInfo().uid) return `${directory} belongs to another user`;
    return stat.mode & 0o077 ? `others than its owner can enter ${directory}; run chmod 700 ${directory}` : undefined;
  } catch (error) {
    return `${directory} can't be read (${(error as NodeJS.ErrnoException).code})`;
  }
}
