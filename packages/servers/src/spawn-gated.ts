import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Writable } from "node:stream";
import type { Watchdog } from "./watchdog.ts";

/** Waits for a line before it becomes the program: without it the program never starts. No core dumps: they hold secrets. */
const gate = 'ulimit -c 0; umask 077; read -r go <&3 || exit 125; exec 3<&-; exec "$0" "$@"';

export interface SpawnGatedOptions {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  /** stdout and stderr are appended to this file, without a pipe through this process. */
  logFile: string;
  watchdog: Watchdog;
}

/**
 * A child in a session of its own (Ctrl-C in a terminal does not reach it) whose program starts only once the watchdog
 * knows it. So there is no moment at which the death of this process leaves it behind.
 */
export async function spawnGated(options: SpawnGatedOptions): Promise<ChildProcess & { readonly pid: number }> {
  const log = openSync(options.logFile, "a", 0o600);
  let child: ChildProcess;
  try {
    child = spawn("/bin/sh", ["-c", gate, options.command, ...options.args], {
      cwd: options.cwd,
      detached: true,
      env: options.env,
      stdio: ["ignore", log, log, "pipe"],
    });
  } finally {
    closeSync(log);
  }
  const { pid } = child;
  if (pid === undefined) {
    return await new Promise((_, reject) => child.once("error", reject));
  }
  child.on("error", () => {});
  const go = child.stdio[3] as Writable;
  go.on("error", () => {});
  child.once("exit", () => void options.watchdog.forget(pid));
  await options.watchdog.watch(pid);
  go.end("go\n");
  return child as ChildProcess & { readonly pid: number };
}

/** Sends `signal` to the whole group of a child made by {@link spawnGated}; a group that is gone is fine. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
