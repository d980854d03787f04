import { sleep, systemClock } from "@minicluster/core";
import type { Mariadb } from "@minicluster/servers";
import mysql, { type Connection, type RowDataPacket } from "mysql2/promise";

/** What a MariaDB counted since its start. */
interface Count {
  connections: number;
  /** How long it has run, in seconds. */
  uptime: number;
}

const stepMs = 1_000;

/** How many connections MariaDB has taken or refused, by its own count, the sampler's left out. */
export class ConnectionCount {
  /** All of them, and the most within a second. */
  opened = 0;
  mostInASecond = 0;
  readonly #mysql: () => Mariadb;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #connection: Connection | undefined;
  #leftOut = 0;

  /** @param mysqlNow asked again for each connection: MySQL may move */
  constructor(mysqlNow: () => Mariadb) {
    this.#mysql = mysqlNow;
    this.#done = this.#run();
  }

  /** So many were opened by somebody else than a service. */
  leaveOut(connections: number): void {
    this.#leftOut += connections;
  }

  async end(): Promise<void> {
    this.#stop.abort();
    this.#connection?.destroy();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let last: Count | undefined;
    let since = performance.now();
    while (!signal.aborted) {
      const now = await this.#ask();
      const at = performance.now();
      if (now) {
        // A server that was started meanwhile counts from its own start.
        const before = last && now.uptime >= last.uptime ? last.connections : 0;
        if (last) this.#add(now.connections - before, at - since);
        last = now;
      }
      // What comes to light after a silence counts as one second's: a server that thaws takes all that waited at once.
      since = at;
      await sleep(systemClock, stepMs, { signal }).catch(() => {});
    }
  }

  #add(more: number, elapsedMs: number): void {
    const ours = Math.max(0, more - this.#leftOut);
    this.#leftOut = 0;
    this.opened += ours;
    this.mostInASecond = Math.max(this.mostInASecond, Math.round((ours * stepMs) / Math.max(stepMs, elapsedMs)));
  }

  async #ask(): Promise<Count | undefined> {
    try {
      this.#connection ??= await this.#connect();
      const [rows] = await this.#connection.query<RowDataPacket[]>({
        sql: "SHOW GLOBAL STATUS WHERE Variable_name IN ('Connections', 'Uptime')",
        timeout: 2_000,
      });
      const of = (name: string): number => Number(rows.find((row) => row["Variable_name"] === name)?.["Value"]);
      return { connections: of("Connections"), uptime: of("Uptime") };
    } catch {
      this.#connection?.destroy();
      this.#connection = undefined;
      return undefined;
    }
  }

  async #connect(): Promise<Connection> {
    const { host, port, rootUser, rootPassword } = this.#mysql();
    const connection = await mysql.createConnection({
      host,
      port,
      user: rootUser,
      password: rootPassword.reveal(),
      connectTimeout: 2_000,
    });
    this.leaveOut(1);
    connection.on("error", () => {});
    return connection;
  }
}
