import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { MakeJob } from "./cached.ts";
import { runCommand } from "./command.ts";
import { ServersError } from "./errors.ts";
import { onPath } from "./executable.ts";

export interface GoBuildOptions extends MakeJob {
  /** Holds go.mod, go.sum and main.go. */
  sources: string;
  /** The name of the program to make. */
  program: string;
  /** For messages. */
  title: string;
  /** What else the user can do when it can't be built. */
  help: string;
}

const installHelp = "from go.dev/dl, or apt-get install golang-go on Debian 13 or newer";

/**
 * Builds a Go program out of pinned modules, with module and build caches of its own that are gone afterwards.
 *
 * @throws ServersError `BINARY_MISSING` without a new enough Go; `FETCH_FAILED` when a download or the compiler fails
 */
export async function buildGoProgram(options: GoBuildOptions): Promise<void> {
  const { directory, sources, program, title, help, progress, watchdog, signal } = options;
  await checkGo(sources, title, help);
  const work = join(directory, "work");
  const source = join(work, "source");
  await mkdir(work);
  await cp(sources, source, { recursive: true });
  const env = {
    ...process.env,
    GOMODCACHE: join(work, "modules"),
    GOCACHE: join(work, "build"),
    // Modules are made read-only otherwise, and nobody but root could remove them.
    GOFLAGS: "-modcacherw",
    GOTOOLCHAIN: "local",
    GOWORK: "off",
    GO111MODULE: "on",
    CGO_ENABLED: "0",
  };
  const go = (args: readonly string[], onErrorLine: (line: string) => void): Promise<string> =>
    runCommand({ command: "go", args, cwd: source, env, onErrorLine, watchdog, signal });
  try {
    const modules =
      (await readFile(join(source, "go.mod"), "utf8")).match(/^\s*(?:require )?\S+ v\d\S*/gm)?.length ?? 0;
    let downloaded = 0;
    progress.step("downloading Go modules");
    const packages = await go(["list", "-mod=readonly", "-deps", "."], (line) => {
      if (line.startsWith("go: downloading")) downloaded += 1;
      progress.update(`downloading Go modules, ${downloaded} of at most ${modules}`);
    });
    const total = packages.split("\n").length;
    let compiled = 0;
    progress.step(`building, ${total} packages`);
    const build = ["build", "-v", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"];
    await go([...build, "-o", join(directory, program), "."], () => {
      compiled += 1;
      progress.update(`building, ${compiled} of ${total} packages`);
    });
    await rm(work, { recursive: true, force: true });
  } catch (error) {
    signal?.throwIfAborted();
    throw new ServersError("FETCH_FAILED", `${title}: the build failed; ${help}. ${String(error)}`, error);
  }
}

async function checkGo(sources: string, title: string, help: string): Promise<void> {
  const least = /^go (\d+)\.(\d+)/m.exec(await readFile(join(sources, "go.mod"), "utf8"));
  const needs = `${title}: needs Go ${least?.[1]}.${least?.[2]} or newer to be built`;
  if (!onPath("go")) throw new ServersError("BINARY_MISSING", `${needs}: install it (${installHelp}); ${help}`);
  const said = await runCommand({
    command: "go",
    args: ["env", "GOVERSION"],
    cwd: "/",
    env: { ...process.env, GOTOOLCHAIN: "local" },
  });
  const has = /go(\d+)\.(\d+)/.exec(said);
  const newer = has && least && (Number(has[1]) - Number(least[1]) || Number(has[2]) - Number(least[2])) >= 0;
  if (!newer)
    throw new ServersError("BINARY_MISSING", `${needs}, not ${said.trim()}: install it (${installHelp}); ${help}`);
}
