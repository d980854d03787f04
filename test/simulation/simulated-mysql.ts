import type { Clock } from "@minicluster/core";
import { Accounts } from "./mysql-accounts.ts";
import { MysqlSession } from "./mysql-session.ts";
import type { LinkEnd, LinkListener } from "./network-link.ts";

/** What others hear of. */
export interface MysqlListeners {
  /** An account was made, dropped, or changed: its password, its lock, its rights. */
  account?: (user: string, what: "created" | "dropped" | "changed") => void;
  /** A statement ran that changes rows: `INSERT INTO todo VALUES (7)`. */
  written?: (id: number) => void;
}

/**
 * A MariaDB of accounts and sessions, in memory: who may connect, what a session keeps when its account goes, how many
 * there may be, and how it looks from outside when it dies or freezes. Each behaviour is held to the real one by
 * `simulated-mysql.test.ts`.
 */
export class SimulatedMysql {
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly listeners: MysqlListeners;
  readonly sessions = new Set<MysqlSession>();
  /** Ports that take connections while it runs. */
  readonly ports: Set<number>;
  maxConnections = 151;
  running = true;
  #frozen: (() => void)[] | undefined;
  #threads = 0;

  constructor(options: { clock: Clock; port: number; rootPassword: string; listeners?: MysqlListeners }) {
    this.clock = options.clock;
    this.listeners = options.listeners ?? {};
    this.ports = new Set([options.port]);
    this.accounts = new Accounts(options.rootPassword, (user, what) => this.listeners.account?.(user, what));
  }

  /** A connection comes to this port; undefined where nobody listens. */
  accept(port: number, end: LinkEnd): LinkListener | undefined {
    if (!this.running || !this.ports.has(port)) return undefined;
    this.#threads += 1;
    const session = new MysqlSession({ server: this, end, port, threadId: this.#threads });
    this.sessions.add(session);
    this.whenAwake(() => session.greet());
    return {
      received: (bytes) => this.whenAwake(() => session.received(bytes)),
      closed: () => this.whenAwake(() => session.end()),
    };
  }

  /** At once, or when it is thawed. */
  whenAwake(run: () => void): void {
    if (this.#frozen) this.#frozen.push(run);
    else run();
  }

  get frozen(): boolean {
    return this.#frozen !== undefined;
  }

  /** SIGKILL: its kernel closes what it had open. */
  kill(): void {
    this.running = false;
    this.#frozen = undefined;
    for (const session of [...this.sessions]) session.end();
  }

  start(): void {
    this.running = true;
  }

  /** SIGSTOP: connections are taken by the kernel, and nothing is answered. */
  freeze(): void {
    this.#frozen ??= [];
  }

  thaw(): void {
    const waiting = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const run of waiting) this.whenAwake(run);
  }

  /** Takes no more connections there, and ends those that came there. */
  leave(port: number): void {
    this.ports.delete(port);
    for (const session of [...this.sessions]) if (session.port === port) session.end();
  }

  /** KILL CONNECTION for every session of an account. */
  killSessions(user: string): void {
    for (const session of [...this.sessions]) if (session.user === user) session.end();
  }
}
