import { type Clock, Emitter } from "@minicluster/core";
import { acquireTimeout, closedError, connectError, copyOf } from "./acquire-errors.ts";
import type { DispatcherEvents, DispatcherListener } from "./dispatcher-listener.ts";
import type { PoolEvents } from "./events.ts";
import { connectFault } from "./faults.ts";
import type { Generation } from "./generation.ts";
import { type Opened, Opener } from "./opener.ts";
import type { ConnectionOwner, PooledConnection } from "./pooled-connection.ts";
import { Queue } from "./queue.ts";
import type { Settings } from "./settings.ts";
import { type Counters, newCounters } from "./stats.ts";
import type { Waiter } from "./waiters.ts";

/** Connections that may be open beyond the limit while a generation drains. */
const overlap = 2;

/** Hands connections of the current generation to those who wait, and opens new ones within the limit. */
export class Dispatcher implements ConnectionOwner {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly counters: Counters = newCounters();
  readonly events: Emitter<PoolEvents> = new Emitter("mysql");
  /** All with a connection left, the current one last but for one that is opening. */
  readonly generations: Set<Generation> = new Set();
  readonly queue: Queue;
  current: Generation | undefined;
  listener: DispatcherListener | undefined;
  face: DispatcherEvents | undefined;
  closing = false;
  /** Called when the last connection is closed. */
  onEmpty: (() => void) | undefined;
  readonly #opener: Opener;
  #cancelTry: (() => void) | undefined;
  #roomWanted: (() => void)[] = [];

  constructor(settings: Settings) {
    this.settings = settings;
    this.clock = settings.clock;
    this.queue = new Queue({ settings, counters: this.counters });
    this.#opener = new Opener({ settings, counters: this.counters, owner: this });
  }

  /** Connections that MySQL may count, those that are closing among them. */
  get open(): number {
    return [...this.generations].reduce((open, { connections }) => open + connections.size, 0);
  }

  /** The hot path: an unused connection, at once, where there is one. */
  acquire(waiter: Waiter): void {
    if (this.queue.waiters.size === 0) {
      const connection = this.current?.idle.pop();
      if (connection) {
        this.#lend(connection, waiter);
        return;
      }
    }
    this.#enqueue(waiter);
  }

  /** A connection that is opened for this waiter alone; queued where none may be opened now. */
  acquireFresh(waiter: Waiter): void {
    const { current } = this;
    if (current && this.#room(current) && current.gate.waitMs <= 0) {
      this.#connect(current, (error, connection) => {
        if (connection) this.#lend(connection, waiter);
        // It ended because its generation was superseded: the next one serves.
        else if (this.current !== current) this.#enqueue(waiter);
        else if (connectFault(error) === "refused") {
          this.park(waiter);
          this.listener?.refused(current, error);
        } else waiter.fail(connectError(current, error));
      });
    } else this.#enqueue(waiter);
  }

  /** Waits for the next generation. */
  park(waiter: Waiter): void {
    this.queue.park(waiter);
    this.listener?.stirred();
  }

  /** Why a waiter got nothing until its deadline. */
  timedOut(waiter: Waiter): void {
    const { current } = this;
    if (!current) this.queue.fail(waiter, this.listener?.missing() ?? closedError());
    else if (current.trouble && !current.alive) this.queue.fail(waiter, copyOf(current.trouble));
    else this.queue.fail(waiter, acquireTimeout(current, this.settings, this.queue.waiters.size));
  }

  /** The swap: from now on everybody is served by `next`. Returns the one before. */
  install(next: Generation): Generation | undefined {
    const previous = this.current;
    this.generations.add(next);
    this.current = next;
    this.counters.generationsOpened += 1;
    this.queue.unpark();
    if (previous) {
      previous.retired = true;
      this.counters.generationsRetired += 1;
      previous.closeUnused();
      // Nobody's end will be heard of it.
      if (previous.connections.size === 0) this.generations.delete(previous);
    }
    this.listener?.changed();
    this.pump();
    return previous;
  }

  /** Opens a connection, pings, and lays it aside as unused. @throws MysqlError */
  async warm(generation: Generation): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#connect(
        generation,
        (error, connection) => {
          if (!connection) return reject(error);
          this.#free(connection);
          resolve();
        },
        true,
      );
    });
  }

  /** Resolves when one more connection may be opened; closes an unused one of `from` for it when it must. */
  async room(from: Generation | undefined, options: { wait: boolean }): Promise<boolean> {
    while (this.open >= this.settings.connectionLimit + overlap && !this.closing) {
      if (from?.idle[0]) from.idle[0].close();
      else if (!options.wait) return false;
      await new Promise<void>((resolve) => this.#roomWanted.push(resolve));
    }
    return !this.closing;
  }

  /** Gives up a generation that never served. */
  discard(generation: Generation): void {
    generation.retired = true;
    generation.closeUnused();
    if (generation.connections.size === 0) this.generations.delete(generation);
  }

  /** Serves those who wait, and opens connections for the rest as far as that is allowed. */
  pump(): void {
    const { current } = this;
    if (!current) return;
    for (;;) {
      const connection = this.queue.waiters.size > 0 ? current.idle.pop() : undefined;
      const waiter = connection && this.queue.waiters.shift();
      if (connection && waiter) this.#lend(connection, waiter);
      else if (this.#mayConnect(current)) this.#connect(current, (error, made) => this.#arrived(current, error, made));
      else return;
    }
  }

  released(connection: PooledConnection): void {
    const { raw, generation } = connection;
    if (connection.worn || generation.retired || this.closing) {
      connection.close();
    } else if (this.settings.resetOnRelease) {
      connection.status = "resetting";
      connection.held = false;
      raw.reset((error) => {
        if (connection.status !== "resetting") return;
        if (error) connection.worn = true;
        connection.status = "busy";
        if (error || generation.retired || this.closing) connection.close();
        else this.#back(connection);
      });
    } else {
      this.#back(connection);
    }
  }

  ended(connection: PooledConnection): void {
    const { generation, status } = connection;
    if (status === "idle") generation.unidle(connection);
    else if (status === "connecting") generation.connecting -= 1;
    else generation.busy -= 1;
  }

  gone(connection: PooledConnection): void {
    const { generation } = connection;
    if (!generation.connections.delete(connection)) return;
    this.counters.connectionsClosed += 1;
    if (generation.retired && generation.connections.size === 0) {
      this.generations.delete(generation);
      this.listener?.drained(generation);
    }
    for (const resume of this.#roomWanted.splice(0)) resume();
    if (this.generations.size === 0 || this.open === 0) this.onEmpty?.();
    this.pump();
  }

  denied(connection: PooledConnection, error: unknown): void {
    this.listener?.denied(connection, error);
  }

  /** Nobody is served any more; unused connections are closed, borrowed ones when they come back. */
  close(): void {
    this.closing = true;
    this.#cancelTry?.();
    this.queue.close();
    for (const resume of this.#roomWanted.splice(0)) resume();
    for (const generation of this.generations) generation.closeUnused();
  }

  #enqueue(waiter: Waiter): void {
    if (!this.queue.push(waiter)) return;
    this.face?.enqueue();
    this.listener?.stirred();
    // With all connections in use there is nothing to do until one comes back.
    if (this.current && this.current.busy < this.settings.connectionLimit) this.pump();
  }

  #lend(connection: PooledConnection, waiter: Waiter): void {
    connection.status = "busy";
    connection.idleSince = -1;
    connection.generation.busy += 1;
    this.listener?.stirred();
    this.face?.acquire(connection.raw);
    waiter.run(connection);
  }

  #back(connection: PooledConnection): void {
    connection.generation.busy -= 1;
    connection.held = false;
    this.face?.release(connection.raw);
    const waiter = this.queue.waiters.shift();
    if (waiter) {
      this.#lend(connection, waiter);
      return;
    }
    this.#free(connection);
  }

  #free(connection: PooledConnection): void {
    connection.status = "idle";
    connection.generation.idle.push(connection);
  }

  #room(generation: Generation): boolean {
    const { connectionLimit } = this.settings;
    const allowed = connectionLimit + (this.generations.size > 1 ? overlap : 0);
    return !this.closing && generation.connections.size < connectionLimit && this.open < allowed;
  }

  #mayConnect(generation: Generation): boolean {
    const { gate, trouble } = generation;
    // Only a connection that works ends trouble. It is tried for without a caller too: who is critical gets none.
    const wanted = Math.max(this.queue.waiters.size, trouble ? 1 : 0);
    if (generation.connecting >= Math.min(wanted, gate.width) || !this.#room(generation)) return false;
    const { waitMs } = gate;
    if (waitMs <= 0) return true;
    this.#cancelTry ??= this.clock.after(waitMs, () => {
      this.#cancelTry = undefined;
      this.pump();
    });
    return false;
  }

  #connect(generation: Generation, done: Opened, ping: boolean = false): void {
    const opened: Opened = (error, connection) => {
      if (!connection) {
        done(error);
        return;
      }
      const troubled = generation.trouble !== undefined;
      generation.trouble = undefined;
      if (troubled) this.listener?.changed();
      if (generation.retired || this.closing) {
        connection.close();
        done(closedError());
        return;
      }
      this.face?.connection(connection.raw);
      done(undefined, connection);
    };
    this.generations.add(generation);
    this.#opener.open({ generation, ping, done: opened });
    this.listener?.stirred();
  }

  #arrived(generation: Generation, error: unknown, connection: PooledConnection | undefined): void {
    if (connection) {
      const waiter = this.queue.waiters.shift();
      if (waiter) this.#lend(connection, waiter);
      else this.#free(connection);
      this.pump();
      return;
    }
    if (this.closing || generation !== this.current) return;
    const trouble = connectError(generation, error);
    generation.trouble = trouble;
    this.listener?.changed();
    if (connectFault(error) === "refused") this.listener?.refused(generation, error);
    else if (!generation.alive) this.queue.failWaiting(() => copyOf(trouble));
    this.listener?.stirred();
    this.pump();
  }
}
