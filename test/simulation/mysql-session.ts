import { failure } from "./mysql-accounts.ts";
import {
  commands,
  failed,
  greeting,
  ok,
  PacketReader,
  packet,
  prepared,
  proves,
  readLogin,
  resultOf,
  type SqlError,
} from "./mysql-wire.ts";
import type { LinkEnd } from "./network-link.ts";
import type { SimulatedMysql } from "./simulated-mysql.ts";

/** The databases there are. */
const databases: readonly string[] = ["todo"];
/** Administrators get one more connection than others. */
const administrators = 1;

/** One connection as the server sees it. What it may do in its default database stays, whatever becomes of its account. */
export class MysqlSession {
  readonly port: number;
  readonly threadId: number;
  /** Undefined until it logged in. */
  user: string | undefined;
  readonly #server: SimulatedMysql;
  readonly #end: LinkEnd;
  readonly #reader = new PacketReader();
  readonly #prepared = new Map<number, string>();
  #statements = 0;
  #over = false;
  /** Ends what is being run. */
  #cancel: (() => void) | undefined;

  constructor(options: { server: SimulatedMysql; end: LinkEnd; port: number; threadId: number }) {
    this.#server = options.server;
    this.#end = options.end;
    this.port = options.port;
    this.threadId = options.threadId;
  }

  greet(): void {
    const { sessions, maxConnections } = this.#server;
    if (this.#over) return;
    if (sessions.size > maxConnections + administrators) this.#refuse(0, tooMany, false);
    else this.#send(0, greeting(this.threadId));
  }

  received(bytes: Buffer): void {
    for (const { sequence, payload } of this.#reader.take(bytes)) {
      if (this.#over) return;
      if (this.user === undefined) this.#logIn(sequence, payload);
      else this.#command(payload);
    }
  }

  /** The client went, the server went, or it was killed: nothing more is said. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancel?.();
    this.#server.sessions.delete(this);
    this.#end.close();
  }

  #logIn(sequence: number, payload: Buffer): void {
    const { user, token, database } = readLogin(payload);
    const { accounts, sessions, maxConnections } = this.#server;
    const account = accounts.get(user);
    const denied = failure(1045, "28000", `Access denied for user '${user}'@'localhost' (using password: YES)`);
    if (!account || !proves(token, account.password)) this.#refuse(sequence + 1, denied);
    else if (account.locked) this.#refuse(sequence + 1, locked);
    else if (account.databases && sessions.size > maxConnections) this.#refuse(sequence + 1, tooMany);
    else if (account.databases && database && !account.databases.has(database)) {
      this.#refuse(
        sequence + 1,
        failure(1044, "42000", `Access denied for user '${user}'@'%' to database '${database}'`),
      );
    } else if (database && !databases.includes(database)) {
      this.#refuse(sequence + 1, failure(1049, "42000", `Unknown database '${database}'`));
    } else {
      this.user = user;
      this.#send(sequence + 1, ok());
    }
  }

  #command(payload: Buffer): void {
    const sql = payload.toString("utf8", 1).trim();
    const command = commands[payload[0] ?? 0];
    if (command === "quit") this.end();
    else if (command === "query") this.#query(sql, false);
    else if (command === "execute") this.#query(this.#prepared.get(payload.readUInt32LE(1)) ?? "", true);
    else if (command === "close") this.#prepared.delete(payload.readUInt32LE(1));
    else if (command === "prepare") {
      this.#statements += 1;
      this.#prepared.set(this.#statements, sql);
      this.#sendAll(prepared(this.#statements, sql.split("?").length - 1));
    } else this.#send(1, ok());
  }

  #query(sql: string, binary: boolean): void {
    const sleep = /^SELECT SLEEP\((?<seconds>[\d.]+)\)/.exec(sql)?.groups?.["seconds"];
    if (sleep === undefined) {
      this.#answer(sql, binary);
      return;
    }
    const cancel = this.#server.clock.after(Number(sleep) * 1_000, () =>
      this.#server.whenAwake(() => {
        this.#cancel = undefined;
        if (!this.#over) this.#answer(sql, binary);
      }),
    );
    this.#cancel = cancel;
  }

  #answer(sql: string, binary: boolean): void {
    const said = this.#server.accounts.run(sql);
    if (said) this.#send(1, said === "ok" ? ok() : failed(said));
    else if (sql.startsWith("SELECT")) this.#sendAll(resultOf({ answer: "1" }, binary));
    else this.#send(1, ok(this.#effect(sql)));
  }

  /** What else a statement does. @returns how many rows it changes */
  #effect(sql: string): number {
    const groups = effects.exec(sql)?.groups;
    const { id, most, thread } = groups ?? {};
    if (most !== undefined) this.#server.maxConnections = Number(most);
    for (const session of [...this.#server.sessions]) if (session.threadId === Number(thread)) session.end();
    if (id === undefined) return 0;
    this.#server.listeners.written?.(Number(id));
    return 1;
  }

  #refuse(sequence: number, error: SqlError, greeted = true): void {
    this.#send(sequence, failed(error, greeted));
    this.end();
  }

  #sendAll(payloads: readonly Buffer[]): void {
    for (const [index, payload] of payloads.entries()) this.#send(index + 1, payload);
  }

  #send(sequence: number, payload: Buffer): void {
    this.#end.send(packet(sequence, payload));
  }
}

const effects =
  /^(INSERT INTO todo VALUES \((?<id>\d+)\)|SET GLOBAL max_connections = (?<most>\d+)|KILL (?<thread>\d+))$/;
const tooMany = failure(1040, "08004", "Too many connections");
const locked = failure(4151, "HY000", "Access denied, this account is locked");
