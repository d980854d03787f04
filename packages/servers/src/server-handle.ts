import type { Emitter } from "@minicluster/core";

export interface ServerEvents {
  /** The server runs and answers. */
  started: { name: string; pid: number | undefined };
  /** The server ended. `expected`: by a call on its handle. */
  exited: { name: string; expected: boolean; code: number | null; signal: NodeJS.Signals | null };
}

/**
 * One handle for every server, whether it is a child process or lives in this one.
 *
 * Ports, data and log stay the same for the whole life of the handle; they go away with {@link close}.
 *
 * @example
 * await using mariadb = await startMariadb();
 * await mariadb.kill();     // as a power cut would
 * await mariadb.restart();  // same port, same data
 */
export interface ServerHandle extends AsyncDisposable {
  /** Short and unique among the servers of one start: `mariadb`, `vault1`. */
  readonly name: string;
  /** Of the running process; undefined while stopped, and for a server inside this process. */
  readonly pid: number | undefined;
  /** Started and not ended; a paused server is running. */
  readonly running: boolean;
  readonly paused: boolean;
  /** Everything it has printed since its first start. Stays readable after {@link close}. */
  readonly log: string;
  readonly events: Emitter<ServerEvents>;
  /** Ends it as its operator would (SIGTERM), by force if that takes longer than its stop timeout. */
  stop(): Promise<void>;
  /** Ends it without a chance to say goodbye (SIGKILL). */
  kill(): Promise<void>;
  /** Stops it where it runs, starts it again, and waits until it is ready, unless `ready` is false. */
  restart(options?: RestartOptions): Promise<void>;
  /** Freezes it (SIGSTOP): connections stay open, nothing is answered. */
  pause(): Promise<void>;
  /** Goes on after {@link pause} (SIGCONT). */
  resume(): Promise<void>;
  /** Ends it, gives back its ports and removes its data. May be called at any time, any number of times. */
  close(): Promise<void>;
}

export interface RestartOptions {
  /** Wait until it is ready. Default true. */
  ready?: boolean | undefined;
  signal?: AbortSignal | undefined;
}
