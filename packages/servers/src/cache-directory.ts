import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Where downloads and builds are kept: MINICLUSTER_CACHE_DIR, else minicluster in XDG_CACHE_HOME, else in ~/.cache. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.MINICLUSTER_CACHE_DIR) return env.MINICLUSTER_CACHE_DIR;
  // The XDG base directory specification: a relative path is to be ignored.
  const xdg = env.XDG_CACHE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), ".cache"), "minicluster");
}
