import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AptSource, parseDeb822Sources, parseOneLineSources } from "./apt-sources.ts";
import { runCommand } from "./command.ts";
import { ServersError } from "./errors.ts";
import { onPath } from "./executable.ts";
import type { Watchdog } from "./watchdog.ts";

export interface AptOptions {
  /** Holds its lists and caches; nothing of the system's is changed, and no right beyond a user's is needed. */
  directory: string;
  /** Lines for a sources.list of its own. Default: the machine's own sources. */
  sources?: readonly string[] | undefined;
  watchdog?: Watchdog | undefined;
  signal?: AbortSignal | undefined;
}

/** apt-get with state of its own: fresh lists, no root, nothing installed. */
export class Apt {
  readonly #options: AptOptions;
  readonly #settings: string[] = [];

  constructor(options: AptOptions) {
    this.#options = options;
  }

  /** @throws ServersError `BINARY_MISSING` on a system without apt */
  static check(): void {
    for (const program of ["apt-get", "dpkg-deb"]) {
      if (!onPath(program)) throw new ServersError("BINARY_MISSING", `${program} is not on PATH`);
    }
  }

  async update(): Promise<void> {
    const { directory, sources } = this.#options;
    await mkdir(join(directory, "lists/partial"), { recursive: true });
    await mkdir(join(directory, "cache/archives/partial"), { recursive: true });
    const settings = {
      "Dir::State::lists": join(directory, "lists"),
      "Dir::Cache": join(directory, "cache"),
      "Acquire::Languages": "none",
      "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
      "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
      // Root's apt otherwise downloads as the user _apt, who may not write here.
      ...(process.getuid?.() === 0 && { "APT::Sandbox::User": "root" }),
      ...(sources && {
        "Dir::Etc::sourcelist": join(directory, "sources.list"),
        "Dir::Etc::sourceparts": "/nonexistent",
      }),
    };
    if (sources) await writeFile(join(directory, "sources.list"), sources.map((line) => `${line}\n`).join(""));
    for (const [name, value] of Object.entries(settings)) this.#settings.push("-o", `${name}=${value}`);
    await this.#run("apt-get", [...this.#settings, "update"]);
  }

  /** Downloads packages and unpacks their files below `into`. */
  async unpack(packages: readonly string[], into: string): Promise<void> {
    const downloads = join(this.#options.directory, `debs-${packages[0]}`);
    await mkdir(downloads, { recursive: true });
    await mkdir(into, { recursive: true });
    await this.#run("apt-get", [...this.#settings, "download", ...packages], downloads);
    for (const file of await readdir(downloads)) {
      if (file.endsWith(".deb")) await this.#run("dpkg-deb", ["-x", join(downloads, file), into]);
    }
  }

  /** Removes its lists and caches. */
  async remove(): Promise<void> {
    await rm(this.#options.directory, { recursive: true, force: true });
  }

  async #run(command: string, args: readonly string[], cwd?: string): Promise<string> {
    const { signal, watchdog } = this.#options;
    return await runCommand({ command, args, cwd, watchdog, signal, env: { ...process.env, LC_ALL: "C" } });
  }
}

/** This machine's package sources, whatever form they are written in. */
export function aptSources(root = "/etc/apt"): AptSource[] {
  const parts = existsSync(join(root, "sources.list.d")) ? readdirSync(join(root, "sources.list.d")).sort() : [];
  const files = ["sources.list", ...parts.map((name) => join("sources.list.d", name))];
  return files.flatMap((name) => {
    const path = join(root, name);
    if (!existsSync(path)) return [];
    if (name.endsWith(".sources")) return parseDeb822Sources(readFileSync(path, "utf8"));
    return name.endsWith(".list") ? parseOneLineSources(readFileSync(path, "utf8")) : [];
  });
}
