import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ServersError } from "./errors.ts";
import { signalGroup } from "./spawn-gated.ts";
import type { Watchdog } from "./watchdog.ts";

export interface CommandOptions {
  command: string;
  args: readonly string[];
  cwd?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
  stdin?: string | undefined;
  /** Each line on stderr, as it comes. */
  onErrorLine?: ((line: string) => void) | undefined;
  /** Kills it should this process end first. */
  watchdog?: Watchdog | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end, in a process group of its own; returns what it printed on stdout.
 *
 * @throws ServersError `COMMAND_FAILED` with the last lines of its output; the reason of `signal`, after its whole group is killed
 */
export async function runCommand(options: CommandOptions): Promise<string> {
  const { command, args, signal } = options;
  signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const onAbort = (): void => {
    if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  let output = "";
  const tail: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (tail.push(line) > 12) tail.shift();
    options.onErrorLine?.(line);
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin);
  const ended = new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, how) => resolve(code === 0 ? undefined : how ? `ended by ${how}` : `exit code ${code}`));
  });
  if (child.pid !== undefined) await options.watchdog?.watch(child.pid);
  const failure = await ended;
  if (child.pid !== undefined) await options.watchdog?.forget(child.pid);
  signal?.removeEventListener("abort", onAbort);
  signal?.throwIfAborted();
  if (failure === undefined) return output;
  const said = [...output.trimEnd().split("\n").slice(-4), ...tail].filter((line) => line.trim()).join("\n  ");
  throw new ServersError("COMMAND_FAILED", `${command} ${args[0] ?? ""}: ${failure}${said ? `\n  ${said}` : ""}`);
}
