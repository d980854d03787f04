import { type Clock, Emitter } from "@minicluster/core";
import { closedError, connectError, copyOf, queueFull } from "./acquire-errors.ts";
import type { DriverConnection } from "./driver.ts";
import { MysqlError } from "./errors.ts";
import type { PoolEvents } from "./events.ts";
import { connectFault } from "./faults.ts";
import type { Generation } from "./generation.ts";
import { type ConnectionOwner, PooledConnection, place } from "./pooled-connection.ts";
import type { Settings } from "./settings.ts";
import { type Counters, newCounters } from "./stats.ts";
import { type Waiter, Waiters } from "./waiters.ts";

/** Who is told what the dispatcher can't judge. */
export interface DispatcherListener {
  /** MySQL refused the account of this generation. */
  refused(generation: Generation, error: unknown): void;
  /** MySQL denied a right to a statement. */
  denied(connection: PooledConnection, error: unknown): void;
  /** The last connection of a superseded generation is closed. */
  drained(generation: Generation): void;
  /** Something may have changed: the watchdog should look. */
  stirred(): void;
  /** The health may have changed. */
  changed(): void;
  /** Why nobody can be served: there is no generation yet. */
  missing(): MysqlError;
}

/** mysql2's own pool events. */
export interface DispatcherEvents {
  connection(connection: DriverConnection): void;
  acquire(connection: DriverConnection): void;
  release(connection: DriverConnection): void;
  enqueue(): void;
}

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
  readonly waiters: Waiters = new Waiters();
  /** Those whom only the next generation can serve. */
  parked: Waiter[] = [];
  current: Generation | undefined;
  listener: DispatcherListener | undefined;
  face: DispatcherEvents | undefined;
  closing = false;
  /** Called when the last connection is closed. */
  onEmpty: (() => void) | undefined;
  #cancelTry: (() => void) | undefined;
  #roomWanted: (() => void)[] = [];

  constructor(settings: Settings) {
    this.settings = settings;
    this.clock = settings.clock;
  }

  /** Connections that MySQL may count, those that are closing among them. */
  get open(): number {
    let open = 0;
    for (const generation of this.generations) open += generation.connections.size;
    return open;
  }

  /** The hot path: an unused connection, at once, where there is one. */
  acquire(waiter: Waiter): void {
    if (this.waiters.size === 0) {
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
    if (!current || !this.#room(current) || current.gate.waitMs > 0) {
      this.#enqueue(waiter);
      return;
    }
    this.#connect(current, (error, connection) => {
      if (connection) return this.#lend(connection, waiter);
      if (connectFault(error) === "refused") {
        this.park(waiter);
        this.listener?.refused(current, error);
      } else waiter.fail(this.#troubleOf(current, error));
    });
  }

  /** Waits for the next generation. */
  park(waiter: Waiter): void {
    if (this.closing) {
      waiter.fail(closedError());
      return;
    }
    waiter.deadline ||= this.clock.monotonic() + this.settings.acquireTimeoutMs;
    this.parked.push(waiter);
    this.listener?.stirred();
  }

  /** The swap: from now on everybody is served by `next`. Returns the one before. */
  install(next: Generation): Generation | undefined {
    const previous = this.current;
    this.generations.add(next);
    this.current = next;
    this.counters.generationsOpened += 1;
    this.waiters.unshift(this.parked);
    this.parked = [];
    if (previous) this.#retire(previous);
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
    for (const connection of [...generation.connections]) connection.close();
    if (generation.connections.size === 0) this.generations.delete(generation);
  }

  /** Everybody who waits for a connection gets none. */
  failWaiting(error: () => MysqlError): void {
    for (const waiter of this.waiters.drain()) this.#fail(waiter, error());
  }

  /** Everybody who waits for the next generation gets none. */
  failParked(error: () => MysqlError): void {
    for (const waiter of this.parked.splice(0)) this.#fail(waiter, error());
  }

  /** Why a waiter got nothing until its deadline. */
  timedOut(waiter: Waiter): void {
    const { current } = this;
    const { acquireTimeoutMs, connectionLimit } = this.settings;
    if (!current) {
      this.#fail(waiter, this.listener?.missing() ?? closedError());
      return;
    }
    if (current.trouble && !current.alive) {
      this.#fail(waiter, copyOf(current.trouble));
      return;
    }
    this.#fail(
      waiter,
      new MysqlError({
        code: "POOL_ACQUIRE_TIMEOUT",
        message:
          `no connection to ${place(current)} became free within ${acquireTimeoutMs} ms: ${current.busy} of ${connectionLimit} ` +
          `are in use, ${this.waiters.size} callers wait. Release connections sooner, or raise connectionLimit`,
        cause: current.trouble,
      }),
    );
  }

  /** Serves those who wait, and opens connections for the rest as far as that is allowed. */
  pump(): void {
    const { current } = this;
    if (!current) return;
    while (this.waiters.size > 0) {
      const connection = current.idle.pop();
      if (!connection) {
        if (!this.#mayConnect(current)) return;
        this.#connect(current, (error, opened) => this.#arrived(current, error, opened));
        continue;
      }
      const waiter = this.waiters.shift();
      if (waiter) this.#lend(connection, waiter);
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
        if (error || generation.retired) connection.close();
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
    this.failWaiting(closedError);
    this.failParked(closedError);
    for (const resume of this.#roomWanted.splice(0)) resume();
    for (const generation of this.generations) {
      for (const connection of [...generation.connections]) {
        if (connection.status === "idle" || connection.status === "connecting") connection.close();
      }
    }
  }

  #enqueue(waiter: Waiter): void {
    const { queueLimit, acquireTimeoutMs } = this.settings;
    if (this.closing) {
      this.#fail(waiter, closedError());
      return;
    }
    if (queueLimit > 0 && this.waiters.size >= queueLimit) {
      this.#fail(waiter, queueFull(queueLimit));
      return;
    }
    waiter.deadline ||= this.clock.monotonic() + acquireTimeoutMs;
    this.waiters.push(waiter);
    this.face?.enqueue();
    this.listener?.stirred();
    this.pump();
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
    const waiter = this.waiters.shift();
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

  #fail(waiter: Waiter, error: MysqlError): void {
    this.counters.acquiresFailed += 1;
    waiter.fail(error);
  }

  #room(generation: Generation): boolean {
    const { connectionLimit } = this.settings;
    const allowed = connectionLimit + (this.generations.size > 1 ? overlap : 0);
    return !this.closing && generation.connections.size < connectionLimit && this.open < allowed;
  }

  #mayConnect(generation: Generation): boolean {
    const { gate } = generation;
    if (generation.connecting >= Math.min(this.waiters.size, gate.width) || !this.#room(generation)) return false;
    const { waitMs } = gate;
    if (waitMs <= 0) return true;
    this.#cancelTry ??= this.clock.after(waitMs, () => {
      this.#cancelTry = undefined;
      this.pump();
    });
    return false;
  }

  #connect(
    generation: Generation,
    done: (error: unknown, connection?: PooledConnection) => void,
    ping: boolean = false,
  ): void {
    const { settings, counters } = this;
    const opened = (error: unknown): void => {
      if (error) {
        const fault = connectFault(error);
        generation.gate.failed(fault);
        if (fault === "refused") counters.connectsRefused += 1;
        else counters.connectsFailed += 1;
        done(error);
        return;
      }
      generation.gate.succeeded();
      const troubled = generation.trouble !== undefined;
      generation.trouble = undefined;
      if (troubled) this.listener?.changed();
      counters.connectionsOpened += 1;
      generation.connecting -= 1;
      // Neither idle nor busy until somebody decides; "busy" with a count of its own keeps `ended` right.
      connection.status = "idle";
      if (generation.retired || this.closing) {
        connection.close();
        done(closedError());
        return;
      }
      this.face?.connection(connection.raw);
      done(undefined, connection);
    };
    let connection: PooledConnection;
    try {
      connection = new PooledConnection({
        generation,
        owner: this,
        connect: () => settings.driver.createConnection(this.#connectOptions(generation)),
        opened: (error) => {
          if (error || !ping) return opened(error);
          connection.raw.ping((refusal) => {
            opened(refusal);
            if (refusal) connection.close();
          });
        },
      });
    } catch (error) {
      queueMicrotask(() => done(error));
      generation.gate.failed("invalid");
      return;
    }
    generation.connections.add(connection);
    this.generations.add(generation);
    generation.connecting += 1;
    this.listener?.stirred();
  }

  #connectOptions({ key, ssl }: Generation): object {
    const { credentials, address } = key;
    return {
      ...this.settings.connection,
      ...(ssl && { ssl }),
      host: address.host,
      port: address.port,
      user: credentials.username,
      password: credentials.password.reveal(),
      // The watchdog times it, on the pool's clock.
      connectTimeout: 0,
    };
  }

  #arrived(generation: Generation, error: unknown, connection: PooledConnection | undefined): void {
    if (connection) {
      const waiter = this.waiters.shift();
      if (waiter) this.#lend(connection, waiter);
      else this.#free(connection);
      this.pump();
      return;
    }
    if (this.closing || generation !== this.current) {
      this.pump();
      return;
    }
    const trouble = this.#troubleOf(generation, error);
    generation.trouble = trouble;
    this.listener?.changed();
    if (connectFault(error) === "refused") this.listener?.refused(generation, error);
    else if (!generation.alive) this.failWaiting(() => copyOf(trouble));
    this.listener?.stirred();
    this.pump();
  }

  #troubleOf(generation: Generation, error: unknown): MysqlError {
    return error instanceof MysqlError ? error : connectError(generation, error);
  }

  #retire(generation: Generation): void {
    generation.retired = true;
    this.counters.generationsRetired += 1;
    for (const connection of [...generation.connections]) {
      if (connection.status === "idle" || connection.status === "connecting") connection.close();
    }
  }
}
