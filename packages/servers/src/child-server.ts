import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, Emitter, systemClock, withDeadline } from "@minicluster/core";
import { ServersError } from "./errors.ts";
import { untilFrozen } from "./frozen.ts";
import { untilReady } from "./readiness.ts";
import type { Place } from "./sandbox.ts";
import type { RestartOptions, ServerEvents, ServerHandle } from "./server-handle.ts";
import { signalGroup, spawnGated } from "./spawn-gated.ts";

export interface ChildServerOptions {
  name: string;
  /** For messages: "Vault 1.11.0". */
  title: string;
  place: Place;
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>> | undefined;
  /** Default: its own directory. */
  cwd?: string | undefined;
  /** Resolves once it is ready; a rejection or `false` means not yet. Default: ready as soon as it runs. */
  probe?: ((signal: AbortSignal) => Promise<unknown>) | undefined;
  readyTimeoutMs: number;
  stopTimeoutMs: number;
  /** Whether close() lets it say goodbye. Default true. */
  politeClose?: boolean | undefined;
  clock?: Clock | undefined;
}

const keptLogBytes = 1_000_000;

/** A server that is a child process. Calls on it run one after the other; `kill` and `close` end a start under way. */
export class ChildServer implements ServerHandle {
  readonly name: string;
  readonly events: Emitter<ServerEvents> = new Emitter("servers");
  protected readonly clock: Clock;
  /** Where it prints to; gone after {@link close}. */
  readonly logFile: string;
  readonly #options: ChildServerOptions;
  #child: (ChildProcess & { readonly pid: number }) | undefined;
  #ended: Promise<string> = Promise.resolve("was never started.");
  #expected = false;
  #paused = false;
  #starting: AbortController | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #lastLog: string | undefined;

  constructor(options: ChildServerOptions) {
    this.#options = options;
    this.name = options.name;
    this.clock = options.clock ?? systemClock;
    this.logFile = join(options.place.directory, "log");
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get log(): string {
    if (this.#lastLog !== undefined) return this.#lastLog;
    return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
  }

  /** The first start; a failure closes it. */
  async start(signal?: AbortSignal): Promise<void> {
    try {
      await this.#inTurn(() => this.#launch({ signal }));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#end());
  }

  kill(): Promise<void> {
    this.#starting?.abort(this.#abandoned("kill"));
    // Now, even while a slow stop is under way.
    if (this.#child && !this.#closing) void this.#endByForce();
    return this.#inTurn(() => this.#endByForce());
  }

  restart(options: RestartOptions = {}): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end();
      await this.#launch(options);
    });
  }

  pause(): Promise<void> {
    return this.#inTurn(async () => {
      this.#signal("SIGSTOP", true);
      if (this.pid !== undefined) await untilFrozen(this.pid, this.clock);
    });
  }

  resume(): Promise<void> {
    return this.#inTurn(async () => this.#signal("SIGCONT", false));
  }

  close(): Promise<void> {
    this.#starting?.abort(this.#abandoned("close"));
    this.#closing ??= this.#queue.then(async () => {
      await (this.#options.politeClose === false ? this.#endByForce() : this.#end());
      this.#lastLog = this.log.slice(-keptLogBytes);
      await this.#options.place.close();
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

  async #launch({ ready = true, signal }: RestartOptions): Promise<void> {
    const { place, command, args, probe, title, readyTimeoutMs } = this.#options;
    const starting = new AbortController();
    this.#starting = starting;
    try {
      const either = signal ? AbortSignal.any([signal, starting.signal]) : starting.signal;
      either.throwIfAborted();
      if (this.#closing) throw this.#abandoned("close");
      const before = this.log.length;
      const child = await spawnGated({
        command,
        args,
        env: {
          PATH: process.env.PATH ?? "/usr/bin:/bin",
          HOME: place.directory,
          LANG: "C.UTF-8",
          ...this.#options.env,
        },
        cwd: this.#options.cwd ?? place.directory,
        logFile: this.logFile,
        watchdog: place.watchdog,
      });
      this.#adopt(child);
      if (ready && probe) {
        await untilReady({
          what: `${title} (${command})`,
          probe,
          ended: this.#ended,
          timeoutMs: readyTimeoutMs,
          clock: this.clock,
          log: () => this.log.slice(before),
          signal: either,
        });
      }
      this.events.emit("started", { name: this.name, pid: this.pid });
    } catch (error) {
      await this.#endByForce();
      throw error;
    } finally {
      this.#starting = undefined;
    }
  }

  #adopt(child: ChildProcess & { readonly pid: number }): void {
    this.#expected = false;
    this.#paused = false;
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
        // What it left in its process group goes with it.
        signalGroup(child.pid, "SIGKILL");
        this.#child = undefined;
        this.#paused = false;
        resolve(signal ? `was ended by ${signal}.` : `ended with exit code ${code}.`);
        this.events.emit("exited", { name: this.name, expected: this.#expected, code, signal });
      };
      if (child.exitCode !== null || child.signalCode !== null) onExit(child.exitCode, child.signalCode);
      else child.once("exit", onExit);
    });
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#expected = true;
    child.kill("SIGTERM");
    if (this.#paused) signalGroup(child.pid, "SIGCONT");
    const { clock } = this;
    await withDeadline({ clock, ms: this.#options.stopTimeoutMs, phase: "stopping" }, () => this.#ended).catch(() =>
      this.#endByForce(),
    );
  }

  async #endByForce(): Promise<void> {
    if (!this.#child) return;
    this.#expected = true;
    signalGroup(this.#child.pid, "SIGKILL");
    await this.#ended;
  }

  #signal(signal: "SIGSTOP" | "SIGCONT", paused: boolean): void {
    if (!this.#child) throw new ServersError("NOT_RUNNING", `${this.name} is not running: restart() it first`);
    signalGroup(this.#child.pid, signal);
    this.#paused = paused;
  }

  #abandoned(call: string): ServersError {
    return new ServersError("START_FAILED", `${this.name}: its start was ended by ${call}()`);
  }
}
