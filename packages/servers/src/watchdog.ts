import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";

/**
 * A shell that outlives this process by a moment. It reads what to look after from a pipe; when the pipe ends, for
 * whatever reason, it kills those process groups (SIGKILL reaches stopped processes too) and removes those directories.
 */
const script = `
trap '' HUP INT TERM
pids=
while IFS= read -r line; do
  what=\${line#* }
  case $line in
    'pid '*) pids="$pids $what" ;;
    'gone '*)
      left=
      for pid in $pids; do [ "$pid" = "$what" ] || left="$left $pid"; done
      pids=$left ;;
    'dir '*) set -- "$@" "$what" ;;
    'nodir '*)
      count=$#
      while [ "$count" -gt 0 ]; do
        first=$1; shift; count=$((count - 1))
        [ "$first" = "$what" ] || set -- "$@" "$first"
      done ;;
  esac
done
for pid in $pids; do kill -KILL "-$pid"; kill -KILL "$pid"; done
tries=0
for pid in $pids; do
  while kill -0 "-$pid" && [ "$tries" -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
done
rm -rf -- "$@" || { sleep 0.2; rm -rf -- "$@"; }
`;

/** The one watchdog of a {@link Sandbox}. */
export class Watchdog {
  readonly #kept = new Map<string, string>();
  #shell: ChildProcess | undefined;
  #closed = false;

  constructor() {
    this.#start();
  }

  /** Kill this process group when our process ends. Resolves once the watchdog can't miss it any more. */
  async watch(pid: number): Promise<void> {
    await this.#tell(`pid ${pid}`, `gone ${pid}`);
  }

  async forget(pid: number): Promise<void> {
    await this.#untell(`gone ${pid}`);
  }

  /** Remove this directory when our process ends. */
  async watchDirectory(path: string): Promise<void> {
    await this.#tell(`dir ${path}`, `nodir ${path}`);
  }

  async forgetDirectory(path: string): Promise<void> {
    await this.#untell(`nodir ${path}`);
  }

  /** Lets it do its work on what is still watched, and waits for it. */
  async close(): Promise<void> {
    this.#closed = true;
    const shell = this.#shell;
    if (!shell || shell.exitCode !== null || shell.signalCode !== null) return;
    const exited = once(shell, "exit");
    shell.ref();
    shell.stdin?.end();
    await exited;
  }

  #tell(line: string, undo: string): Promise<void> {
    this.#kept.set(undo, line);
    return this.#write(line);
  }

  #untell(undo: string): Promise<void> {
    return this.#kept.delete(undo) ? this.#write(undo) : Promise.resolve();
  }

  #write(line: string): Promise<void> {
    return new Promise((resolve) => {
      const pipe = this.#shell?.stdin;
      if (!pipe?.writable) return resolve();
      pipe.write(`${line}\n`, () => resolve());
    });
  }

  #start(): void {
    const shell = spawn("/bin/sh", ["-c", script, "minicluster-watchdog"], {
      cwd: "/",
      detached: true,
      env: { PATH: "/usr/bin:/bin" },
      stdio: ["pipe", "ignore", "ignore"],
    });
    shell.unref();
    (shell.stdin as Socket).unref();
    // A write to a watchdog that somebody killed must not end us; its exit starts another one.
    shell.stdin.on("error", () => {});
    shell.on("error", () => {});
    shell.on("exit", () => {
      if (this.#closed) return;
      this.#start();
      for (const line of this.#kept.values()) void this.#write(line);
    });
    this.#shell = shell;
  }
}
