import { existsSync, readFileSync, realpathSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Apt } from "./apt.ts";
import type { Binary } from "./binary.ts";
import { cached, fingerprint, type MakeJob } from "./cached.ts";
import { runCommand } from "./command.ts";
import { ServersError } from "./errors.ts";
import { fromVariable, onPath } from "./executable.ts";
import type { FetchOptions } from "./progress.ts";
import { versionOf } from "./version-of.ts";

export interface MariadbBinary extends Binary {
  /** Holds the SQL that makes a data directory, the error messages and the character sets. */
  readonly share: string;
}

/** Libraries that a machine without a database may lack, by the package that brings them. */
const libraries = {
  "libaio.so.1": ["libaio1t64", "libaio1"],
  "liburing.so.2": ["liburing2"],
  "libnuma.so.1": ["libnuma1"],
};

/**
 * MariaDB: MINICLUSTER_MARIADB_BIN, else `mariadbd` on PATH, else Debian's mariadb-server-core, unpacked into the cache
 * with the libraries that are missing here. Nothing is installed.
 *
 * @throws ServersError `BINARY_MISSING` naming what to install; `FETCH_FAILED` when the download fails
 */
export async function findMariadb(options: FetchOptions = {}): Promise<MariadbBinary> {
  const own = fromVariable("MINICLUSTER_MARIADB_BIN") ?? onPath("mariadbd");
  if (own) return { path: own, version: await versionOf(own, "--version"), env: {}, share: shareOf(own) };
  const key = `mariadb-${process.arch}-${fingerprint(release())}`;
  const directory = await cached({ key, title: "MariaDB", make: unpackMariadb }, options);
  const path = join(directory, "usr/sbin/mariadbd");
  const env = { LD_LIBRARY_PATH: (await libraryDirectories(directory)).join(":") };
  return { path, version: await versionOf(path, "--version", env), env, share: shareOf(path) };
}

async function unpackMariadb({ directory, progress, watchdog, signal }: MakeJob): Promise<void> {
  const help = "apt-get install mariadb-server-core, or set MINICLUSTER_MARIADB_BIN";
  try {
    Apt.check();
    const apt = new Apt({ directory: join(directory, "apt"), watchdog, signal });
    progress.step("reading the package lists");
    await apt.update();
    progress.step("downloading (7 MB)");
    await apt.unpack(["mariadb-server-core"], directory);
    const path = join(directory, "usr/sbin/mariadbd");
    const needed = await runCommand({ command: "ldd", args: [path], watchdog, signal });
    for (const [library, packages] of Object.entries(libraries)) {
      if (new RegExp(`${library.replaceAll(".", "\\.")} => not found`).test(needed)) {
        await unpackFirst(apt, packages, directory);
      }
    }
    await apt.remove();
  } catch (error) {
    signal?.throwIfAborted();
    throw new ServersError("FETCH_FAILED", `MariaDB: ${String(error)}: ${help}`, error);
  }
}

/** A package has another name in another release: the first that exists. */
async function unpackFirst(apt: Apt, packages: readonly string[], directory: string): Promise<void> {
  for (const [index, name] of packages.entries()) {
    try {
      return await apt.unpack([name], directory);
    } catch (error) {
      if (index === packages.length - 1) throw error;
    }
  }
}

function shareOf(path: string): string {
  const prefix = dirname(dirname(realpathSync(path)));
  const places = [prefix, "/usr", "/usr/local"].flatMap((root) =>
    ["mariadb", "mysql"].map((name) => join(root, "share", name)),
  );
  const share = places.find((place) =>
    ["mariadb", "mysql"].some((name) => existsSync(join(place, `${name}_system_tables.sql`))),
  );
  if (share) return share;
  throw new ServersError(
    "BINARY_MISSING",
    `${path}: no mariadb_system_tables.sql in ${places.join(", ")}: install MariaDB whole`,
  );
}

async function libraryDirectories(directory: string): Promise<string[]> {
  const roots = ["usr/lib", "lib"].map((name) => join(directory, name)).filter((root) => existsSync(root));
  const names = await Promise.all(roots.map(async (root) => (await readdir(root)).map((name) => join(root, name))));
  return names.flat().filter((name) => name.endsWith("-linux-gnu") || name.includes("-linux-gnu"));
}

/** Distribution and release, so that a cache shared by two systems holds one for each. */
function release(): string {
  return existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : process.platform;
}
