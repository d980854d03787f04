import type { Clock } from "@minicluster/core";
import { type FaceOwner, putFace } from "./connection-face.ts";
import { checkConnection, type DriverCommand, type DriverConnection } from "./driver.ts";
import { MysqlError } from "./errors.ts";
import { faultName, sessionFault } from "./faults.ts";
import type { Generation } from "./generation.ts";

/** What becomes of a connection is told to its owner. */
export interface ConnectionOwner {
  readonly clock: Clock;
  /** Its borrower gave it back. */
  released(connection: PooledConnection): void;
  /** It can't be used any more; its socket may still be closing. */
  ended(connection: PooledConnection): void;
  /** Its socket is closed. */
  gone(connection: PooledConnection): void;
  /** MySQL denied a right to a statement on it. */
  denied(connection: PooledConnection, error: unknown): void;
}

/** `resetting`: given back, not free yet. */
export type ConnectionStatus = "connecting" | "idle" | "busy" | "resetting" | "ended";

/** How long a polite goodbye may take before the socket is destroyed. */
const goodbyeMs = 1_000;

/** A newer connection met the same server just now: on one that stays read-only, every write would cost a connection. */
const wornAfterMs = 1_000;

/**
 * One mysql2 connection and what the pool must know of it: who has it, since when MySQL is silent, whether it goes back.
 * The mysql2 connection itself is what borrowers get, with `release`, `end` and `destroy` of the pool's.
 */
export class PooledConnection implements FaceOwner {
  readonly raw: DriverConnection;
  readonly generation: Generation;
  readonly openedAt: number;
  status: ConnectionStatus = "connecting";
  /** In the hands of a caller of `getConnection`, so that its errors are translated one by one. */
  held = false;
  /** Closed when it is given back. */
  worn = false;
  /** The watchdog's notes: since when (monotonic) which statement has had no answer. */
  silentSince = 0;
  silentCommand: DriverCommand | undefined;
  silentBytes = 0;
  /** Since when (monotonic) it is unused; negative until the watchdog saw it. */
  idleSince = -1;
  readonly #owner: ConnectionOwner;
  #quit: DriverConnection["end"] | undefined;
  readonly #events: Set<DriverCommand> = new Set();
  #opening: ((error: unknown) => void) | undefined;
  #cancelGoodbye: (() => void) | undefined;
  /** Why the pool itself destroyed it: who held it idle hears of that with the next statement only. */
  #ownCut: MysqlError | undefined;

  constructor(options: {
    generation: Generation;
    owner: ConnectionOwner;
    connect: () => DriverConnection;
    opened: (error: unknown) => void;
  }) {
    this.generation = options.generation;
    this.#owner = options.owner;
    this.#opening = options.opened;
    this.openedAt = options.owner.clock.monotonic();
    const raw = checkConnection(options.connect());
    this.raw = raw;
    raw.once("connect", () => this.#opened());
    raw.on("error", (error: unknown) => this.#failed(error));
    raw.once("end", () => this.#failed(undefined));
    raw.stream.once("close", () => this.#closed());
  }

  /** Gives it back; any number of calls. */
  release(): void {
    if (this.status === "busy") this.#owner.released(this);
  }

  /** Knex, for one, gives a connection back twice: by then it may be lent to somebody else, who does not have it yet. */
  giveBack(): void {
    if (this.held) this.release();
  }

  /** Says goodbye to MySQL, then closes. */
  close(): void {
    if (this.status === "ended") return;
    if (this.status === "connecting") {
      this.cut(lost(this, "the pool closed it", false));
      return;
    }
    this.#end();
    this.#quit?.();
    this.#cancelGoodbye = this.#owner.clock.after(goodbyeMs, () => this.raw.stream.destroy());
  }

  /** Destroys the socket at once; every statement on it fails with `error`. */
  cut(error: MysqlError): void {
    if (this.status === "ended" && this.raw.stream.destroyed) return;
    if (error.code.startsWith("POOL_")) this.#ownCut ??= error;
    this.raw.stream.destroy(error);
  }

  /** An error of a statement on it, as the caller gets it; notes what it means for the connection. */
  translate(error: unknown, command: DriverCommand | undefined): unknown {
    const sent = command !== undefined && this.raw._command === command;
    if (error instanceof MysqlError) return sent ? error : unsent(error);
    switch (sessionFault(error)) {
      case "lost":
        this.worn = true;
        return this.#ownCut && !sent ? unsent(this.#ownCut) : lost(this, error, sent);
      case "timeout": {
        // mysql2 leaves the statement running, and its answer would be taken for the next one's.
        const late = silentError(this, command?.timeout ?? 0, error);
        queueMicrotask(() => this.cut(late));
        return late;
      }
      case "denied":
        this.#owner.denied(this, error);
        return error;
      case "worn":
        if (this.#owner.clock.monotonic() - this.openedAt >= wornAfterMs) this.worn = true;
        return error;
      case "statement":
        return error;
    }
  }

  /** Its borrower wants it destroyed. */
  destroy(): void {
    this.cut(lost(this, "its borrower destroyed it", true));
  }

  changingUser(): void {
    this.worn = true;
  }

  /** Wraps the callbacks of statements on a held connection; those without one hear of a lost connection from us. */
  sending(command: DriverCommand): void {
    const done = command.onResult;
    if (!done) {
      this.#events.add(command);
      command.once("end", () => this.#events.delete(command));
    } else if (this.held) {
      command.onResult = (error, rows, fields) =>
        error ? done.call(command, this.translate(error, command)) : done.call(command, null, rows, fields);
    }
  }

  #opened(): void {
    // mysql2 keeps the password in clear on every connection; nothing needs it after the handshake.
    this.raw.config.password = undefined;
    this.#quit = putFace(this.raw, this);
    const opening = this.#opening;
    this.#opening = undefined;
    opening?.(undefined);
  }

  #failed(error: unknown): void {
    const opening = this.#opening;
    this.#opening = undefined;
    this.raw.config.password = undefined;
    this.#failEvents(error);
    this.#end();
    if (!this.raw.stream.destroyed) this.raw.stream.destroy();
    opening?.(error ?? new Error("MySQL closed the connection"));
  }

  /** mysql2 tells the loss of a connection to callbacks alone: a stream would wait for ever. */
  #failEvents(error: unknown): void {
    for (const command of this.#events) {
      this.#events.delete(command);
      if (command.listenerCount("error") > 0)
        command.emit("error", this.translate(error ?? lost(this, "MySQL closed it", true), command));
    }
  }

  #end(): void {
    if (this.status === "ended") return;
    this.#owner.ended(this);
    this.status = "ended";
  }

  #closed(): void {
    this.#cancelGoodbye?.();
    if (this.#opening || this.status !== "ended") this.#failed(undefined);
    this.#owner.gone(this);
  }
}

/** `host:port`, for messages. */
export function place({ key }: Generation): string {
  return `MySQL at ${key.address.host}:${key.address.port}`;
}

/** How errors about a lost connection end. */
const outcomes = {
  sent: "the statement on its way may or may not have run: look before you repeat it",
  unsent: "the statement was not sent: it is safe to run it again",
} as const;

function lost(connection: PooledConnection, cause: unknown, sent: boolean): MysqlError {
  const why = typeof cause === "string" ? cause : faultName(cause);
  return new MysqlError({
    code: "MYSQL_LOST",
    sent,
    message: `lost a connection to ${place(connection.generation)} (${why}); ${outcomes[sent ? "sent" : "unsent"]}`,
    cause: typeof cause === "string" ? undefined : cause,
  });
}

/** The same for a statement that was still waiting behind the one it happened to, or came later. */
function unsent(error: MysqlError): MysqlError {
  const message = error.message.replace(outcomes.sent, outcomes.unsent);
  return new MysqlError({ code: error.code, message, cause: error.cause });
}

/** A statement that MySQL did not answer in time. */
export function silentError(connection: PooledConnection, ms: number, cause?: unknown): MysqlError {
  return new MysqlError({
    code: "MYSQL_TIMEOUT",
    sent: true,
    message:
      `${place(connection.generation)} was silent for ${ms} ms, so its connection was destroyed; ${outcomes.sent}. ` +
      "Raise queryTimeout, or timeout of this statement, if it may take longer",
    cause,
  });
}

/** A connection that outlived its account. */
export function drainedError(generation: Generation): MysqlError {
  return new MysqlError({
    code: "POOL_DRAINED",
    sent: true,
    message:
      `a connection to ${place(generation)} as ${generation.key.credentials.username} was held beyond its account's end; ` +
      `${outcomes.sent}. Hold connections for less than drainTimeout and a third of the lease`,
  });
}
