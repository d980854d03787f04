import { type Clock, type Duration, durationMs } from "@minicluster/core";
import { ChildServer } from "./child-server.ts";
import { withPlace } from "./port-conflict.ts";
import type { ServerHandle } from "./server-handle.ts";

/** What a process may use: they stay its own over restarts. */
export interface ProcessPlace {
  /** Free ports on 127.0.0.1, as many as `ports` asked for. */
  readonly ports: readonly number[];
  /** A private directory, removed at close. */
  readonly directory: string;
}

export interface StartProcessOptions {
  name: string;
  command: string;
  args?: readonly string[] | ((place: ProcessPlace) => readonly string[]) | undefined;
  /** All it gets besides PATH, HOME (its directory) and LANG. Secrets belong here, never in `args`. */
  env?: Readonly<Record<string, string>> | ((place: ProcessPlace) => Readonly<Record<string, string>>) | undefined;
  /** How many ports it needs. Default 0. */
  ports?: number | undefined;
  /** Default: this process's working directory. */
  cwd?: string | undefined;
  /** Resolves once it is ready; a rejection or `false` means not yet. Default: ready as soon as it runs. */
  ready?: ((place: ProcessPlace, signal: AbortSignal) => Promise<unknown>) | undefined;
  /** Default "30s". */
  readyTimeout?: Duration | undefined;
  /** After it, stop() and close() end it by force. Default "10s". */
  stopTimeout?: Duration | undefined;
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
}

export interface ProcessHandle extends ServerHandle, ProcessPlace {
  /** The file that it prints to, stdout and stderr; it goes away with {@link close}. */
  readonly logFile: string;
}

/**
 * Any program as a private child, with the same handle and the same watchdog as the servers.
 *
 * @throws ServersError `START_FAILED`, `NOT_READY`; the reason of `signal` when aborted
 * @example
 * const todo = await startProcess({ name: "todo1", command: process.execPath, args: ["todo.js"], ports: 1,
 *   env: ({ ports }) => ({ BIND: `127.0.0.1:${ports[0]}` }) });
 */
export function startProcess(options: StartProcessOptions): Promise<ProcessHandle> {
  const { name, command, args = [], env = {}, ready } = options;
  const readyTimeoutMs = durationMs(options.readyTimeout ?? "30s", "readyTimeout");
  const stopTimeoutMs = durationMs(options.stopTimeout ?? "10s", "stopTimeout");
  return withPlace(name, async (place) => {
    const ports: number[] = [];
    while (ports.length < (options.ports ?? 0)) ports.push(await place.port());
    const own: ProcessPlace = { ports, directory: place.directory };
    const server = new ChildServer({
      name,
      title: name,
      place,
      command,
      args: typeof args === "function" ? args(own) : args,
      env: typeof env === "function" ? env(own) : env,
      cwd: options.cwd ?? process.cwd(),
      probe: ready && ((signal) => ready(own, signal)),
      readyTimeoutMs,
      stopTimeoutMs,
      clock: options.clock,
    });
    await server.start(options.signal);
    return Object.assign(server, own);
  });
}
