import { type Clock, Secret, withDeadline } from "@minicluster/core";
import { createConnection } from "mysql2";
import type { Connection } from "mysql2/promise";
import type { EngineContext, VaultMysqlDriver } from "../../engine.ts";
import { Turns } from "../routing/turns.ts";
import { type Dsn, parsedDsn } from "./dsn.ts";
import { MysqlFailure, mysqlFailure } from "./mysql-failure.ts";
import { filled, statements } from "./statements.ts";

/** A real Vault gives up a request after 90 s. */
const longestMs = 90_000;

/** A MySQL that an engine manages accounts of: one connection, opened when first needed and after a loss. */
export class MysqlServer {
  readonly #url: Secret;
  readonly #unreadable: string;
  readonly #clock: Clock;
  readonly #driver: VaultMysqlDriver;
  readonly #turns = new Turns();
  readonly #closing = new AbortController();
  #connection: Connection | undefined;

  /** @param unreadable stands before what is wrong with a URL that is none, which is found out when it is first used */
  constructor(
    url: string,
    { clock, driver, unreadable }: Pick<EngineContext, "clock" | "driver"> & { unreadable: string },
  ) {
    this.#url = new Secret(url);
    this.#unreadable = unreadable;
    this.#clock = clock;
    this.#driver = driver ?? { createConnection };
  }

  /** @throws MysqlFailure where it can't be reached, or does not take the account */
  verify(): Promise<void> {
    return this.#work(async () => {});
  }

  /**
   * Runs statements one after the other in a transaction, which MySQL ends at the first that makes or drops an account.
   *
   * @throws MysqlFailure at the first that fails
   */
  execute(texts: readonly string[], values: Readonly<Record<string, string>>): Promise<void> {
    return this.#work(async (connection) => {
      await connection.beginTransaction();
      try {
        for (const statement of statements(texts)) await connection.query(filled(statement, values));
        await connection.commit();
      } catch (error) {
        await connection.rollback().catch(() => {});
        throw error;
      }
    });
  }

  /**
   * Lets the server look at statements without running them.
   *
   * @throws MysqlFailure at the first that it does not understand
   */
  check(texts: readonly string[], values: Readonly<Record<string, string>>): Promise<void> {
    return this.#work(async (connection) => {
      for (const statement of statements(texts)) {
        const prepared = await connection.prepare(filled(statement, values));
        await prepared.close();
      }
    });
  }

  /** Cuts the connection; whatever waits for it fails. */
  close(): void {
    this.#closing.abort(new MysqlFailure("sql: database is closed"));
    this.#drop();
  }

  #work(work: (connection: Connection) => Promise<void>): Promise<void> {
    return this.#turns.take("connection", async () => {
      const options = { clock: this.#clock, ms: longestMs, phase: "MySQL", signal: this.#closing.signal };
      try {
        await withDeadline(options, async (signal) => {
          signal.addEventListener("abort", () => this.#drop());
          await work(await this.#connected());
        });
      } catch (error) {
        if (error instanceof MysqlFailure) throw error;
        throw mysqlFailure(error, this.#dsn());
      }
    });
  }

  async #connected(): Promise<Connection> {
    if (this.#connection) {
      try {
        await this.#connection.ping();
        return this.#connection;
      } catch {
        this.#drop();
      }
    }
    const raw = this.#driver.createConnection(this.#dsn());
    // A server that goes away meanwhile fails the statement; the event beside it must not end the process.
    raw.on("error", () => {});
    const connection = raw.promise();
    this.#connection = connection;
    try {
      await connection.connect();
      return connection;
    } catch (error) {
      this.#drop();
      throw error;
    }
  }

  #dsn(): Dsn {
    try {
      return parsedDsn(this.#url.reveal());
    } catch (error) {
      throw new MysqlFailure(this.#unreadable + (error as Error).message);
    }
  }

  #drop(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }
}
