import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { cached, fingerprint } from "./cached.ts";
import { runCommand } from "./command.ts";
import type { MariadbBinary } from "./mariadb-binary.ts";
import type { FetchOptions } from "./progress.ts";

/** What mariadb-install-db feeds to the server, without help texts, test database and anonymous accounts. */
const scripts = ["system_tables", "performance_tables", "system_tables_data"];

export interface MariadbDirectories {
  data: string;
  /** Its own: a server that starts removes the temporary tables of every other one that has the same. */
  temporary: string;
}

/** Settings that a data directory is made with and must be run with. */
export function mariadbBasics(binary: MariadbBinary, { data, temporary }: MariadbDirectories): string[] {
  return [
    "--no-defaults",
    `--datadir=${data}`,
    `--tmpdir=${temporary}`,
    `--lc-messages-dir=${binary.share}`,
    `--character-sets-dir=${join(binary.share, "charsets")}`,
    "--innodb-log-file-size=16M",
    ...(process.getuid?.() === 0 ? ["--user=root"] : []),
  ];
}

/** An initialised data directory in the cache, to be copied. */
export async function mariadbTemplate(binary: MariadbBinary, options: FetchOptions): Promise<string> {
  const { size, mtimeMs } = await stat(binary.path);
  const key = `mariadb-data-${binary.version}-${fingerprint("2", binary.path, `${size} ${mtimeMs}`)}`;
  return await cached(
    {
      key,
      title: "MariaDB",
      make: async ({ directory, progress, watchdog, signal }) => {
        progress.step("making a data directory");
        const temporary = join(directory, "temporary");
        await mkdir(temporary, { mode: 0o700 });
        await mkdir(join(directory, "mysql"), { mode: 0o700 });
        const texts = await Promise.all(scripts.map((name) => readFile(scriptPath(binary.share, name), "utf8")));
        await runCommand({
          command: binary.path,
          args: [
            ...mariadbBasics(binary, { data: directory, temporary }),
            "--bootstrap",
            "--log-warnings=0",
            "--enforce-storage-engine=",
          ],
          env: { ...process.env, ...binary.env },
          stdin: ["create database if not exists mysql;", "use mysql;", "SET @auth_root_socket=NULL;", ...texts].join(
            "\n",
          ),
          watchdog,
          signal,
        });
        await rm(temporary, { recursive: true });
      },
    },
    options,
  );
}

/** A data directory is there whole or not at all; one that is there stays as it is. */
export async function copyTemplate(template: string, data: string): Promise<void> {
  if (existsSync(data)) return;
  const unfinished = `${data}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await cp(template, unfinished, { recursive: true });
  await rename(unfinished, data);
}

function scriptPath(share: string, name: string): string {
  const path = join(share, `mariadb_${name}.sql`);
  return existsSync(path) ? path : join(share, `mysql_${name}.sql`);
}
