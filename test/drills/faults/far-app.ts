import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Emitter } from "@minicluster/core";
import type { Cluster, ClusterEvents, ClusterHealth, ClusterMysqlOptions, JoinOptions } from "@minicluster/sdk";
import type { Pool, PoolConnection } from "mysql2/promise";
import type { FarNetwork } from "./far-network.ts";

const program = fileURLToPath(new URL("./far-app.mjs", import.meta.url));

interface Answer {
  id?: number;
  value?: unknown;
  error?: Error;
  event?: keyof ClusterEvents;
  health?: ClusterHealth;
}

interface Asked {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/**
 * A joined service in a process of the far network, and its pool, used from here: a call goes over IPC and waits for
 * the answer. It has what the drills use of a `Cluster`.
 */
export class FarApp implements Pick<Cluster, "health" | "leave" | "ready"> {
  readonly events: Emitter<ClusterEvents> = new Emitter("far-app");
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #asked = new Map<number, Asked>();
  #health: ClusterHealth;
  #calls = 0;

  private constructor(child: ChildProcess, health: ClusterHealth) {
    this.#child = child;
    this.#health = health;
    child.on("message", (answer: Answer) => this.#hear(answer));
    this.#ended = once(child, "exit").then(() => {
      for (const { reject } of this.#asked.values()) reject(new Error("the far service ended"));
      this.#asked.clear();
    });
  }

  /** Only `env` of the options. */
  static async join(far: FarNetwork, { env = {} }: JoinOptions): Promise<FarApp> {
    const { command, args } = far.inside({ command: process.execPath, args: [program] });
    const child = spawn(command, args, {
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`the far service ended with ${code}`);
    });
    ended.catch(() => {});
    const [{ health }] = await Promise.race([once(child, "message"), ended]);
    return new FarApp(child, health);
  }

  /** As it was a twentieth of a second ago at most. */
  health(): ClusterHealth {
    return this.#health;
  }

  async ready(options: object = {}): Promise<void> {
    await this.#ask("ready", options);
  }

  /** A pool of mysql2's face, as far as a load uses it. */
  mysql(options: ClusterMysqlOptions): Pool {
    void this.#ask("mysql", options);
    const pool = {
      query: async (...args: unknown[]) => [await this.#ask("query", ...args)],
      execute: async (...args: unknown[]) => [await this.#ask("execute", ...args)],
      getConnection: async () => this.#connection((await this.#ask("getConnection")) as number),
    };
    return pool as unknown as Pool;
  }

  async leave(): Promise<void> {
    await this.#ask("leave").catch(() => {});
    await this.#ended;
  }

  #connection(number: number): PoolConnection {
    const call =
      (name: string) =>
      async (...args: unknown[]) => [await this.#ask("held", number, name, ...args)];
    const connection = {
      query: call("query"),
      execute: call("execute"),
      beginTransaction: call("beginTransaction"),
      commit: call("commit"),
      rollback: call("rollback"),
      release: () => void this.#ask("release", number).catch(() => {}),
    };
    return connection as unknown as PoolConnection;
  }

  #ask(call: string, ...args: unknown[]): Promise<unknown> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      if (!this.#child.connected) return reject(new Error("the far service ended"));
      this.#asked.set(id, { resolve, reject });
      this.#child.send({ id, call, args });
    });
  }

  #hear({ id, value, error, event, health }: Answer): void {
    if (health) this.#health = health;
    if (event) this.events.emit(event, value as never);
    const asked = id === undefined ? undefined : this.#asked.get(id);
    if (id === undefined || !asked) return;
    this.#asked.delete(id);
    if (error) asked.reject(Object.assign(new Error(error.message), error));
    else asked.resolve(value);
  }
}
