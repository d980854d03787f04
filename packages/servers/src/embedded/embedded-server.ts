import { type Clock, Emitter, systemClock } from "@minicluster/core";
import { ServersError } from "../errors.ts";
import type { Place } from "../sandbox.ts";
import type { RestartOptions, ServerEvents, ServerHandle } from "../server-handle.ts";
import { Gate } from "./gate.ts";

export interface EmbeddedServerOptions {
  name: string;
  place: Place;
  clock?: Clock | undefined;
}

const keptLogBytes = 1_000_000;

/**
 * A server inside this process, behind the same handle as a child process. Memory goes with `kill`; what stands
 * for the disk stays until `close`.
 *
 * Everything that waits in it (a request, a timer) passes `gate` first, so that a paused server does nothing at all.
 */
export abstract class EmbeddedServer implements ServerHandle {
  readonly name: string;
  readonly pid: undefined;
  readonly events: Emitter<ServerEvents> = new Emitter("servers");
  readonly clock: Clock;
  protected readonly place: Place;
  protected readonly gate: Gate = new Gate();
  #log = "";
  /** Aborted when this run of it ends: timers, checks and waiting requests hang on it. */
  #run: AbortController | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(options: EmbeddedServerOptions) {
    this.name = options.name;
    this.place = options.place;
    this.clock = options.clock ?? systemClock;
  }

  /** Opens its ports and starts its timers, which end with `signal`. */
  protected abstract open(signal: AbortSignal): Promise<void>;
  /** Says goodbye, as SIGTERM would make it. Called before {@link cut}, while the signal is not aborted yet. */
  protected abstract farewell(): Promise<void>;
  /** Closes its ports and every connection, at once. */
  protected abstract cut(): Promise<void>;

  get running(): boolean {
    return this.#run !== undefined;
  }

  get paused(): boolean {
    return this.gate.shut;
  }

  get log(): string {
    return this.#log;
  }

  /** A line for its log; never with a secret in it. */
  protected note(line: string): void {
    this.#log = `${this.#log}${new Date(this.clock.now()).toISOString()} ${line}\n`.slice(-keptLogBytes);
  }

  /** The first start; a failure closes it. */
  async start(signal?: AbortSignal): Promise<void> {
    try {
      await this.#inTurn(() => this.#launch(signal));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#end(true));
  }

  kill(): Promise<void> {
    return this.#inTurn(() => this.#end(false));
  }

  restart(options: RestartOptions = {}): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end(true);
      await this.#launch(options.signal);
    });
  }

  pause(): Promise<void> {
    return this.#inTurn(async () => {
      this.#mustRun();
      this.gate.close();
    });
  }

  resume(): Promise<void> {
    return this.#inTurn(async () => {
      this.#mustRun();
      this.gate.open();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue.then(async () => {
      await this.#end(false);
      await this.place.close();
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing) {
      return Promise.reject(new ServersError("CLOSED", `${this.name} was closed: start another one`));
    }
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #launch(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const run = new AbortController();
    this.#run = run;
    try {
      await this.open(run.signal);
    } catch (error) {
      await this.#end(false);
      throw new ServersError("START_FAILED", `${this.name} did not start: ${(error as Error).message}`, error);
    }
    this.events.emit("started", { name: this.name, pid: undefined });
  }

  async #end(politely: boolean): Promise<void> {
    const run = this.#run;
    if (!run) return;
    // SIGTERM reaches a stopped process when it goes on; SIGKILL does not wait for that.
    if (politely) {
      this.gate.open();
      await this.farewell();
    }
    this.#run = undefined;
    run.abort(new ServersError("NOT_RUNNING", `${this.name} ended`));
    await this.cut();
    this.gate.open();
    this.events.emit("exited", {
      name: this.name,
      expected: true,
      code: politely ? 0 : null,
      signal: politely ? null : "SIGKILL",
    });
  }

  #mustRun(): void {
    if (!this.running) throw new ServersError("NOT_RUNNING", `${this.name} is not running: restart() it first`);
  }
}
