import { sleep, systemClock } from "@minicluster/core";
import type { DevCluster } from "@minicluster/devcluster";
import mysql, { type Connection, type RowDataPacket } from "mysql2/promise";

/** How many connections MariaDB has taken, by its own count, the sampler's left out. */
export class ConnectionCount {
  /** All of them, and the most within a second. */
  opened = 0;
  mostInASecond = 0;
  readonly #cluster: DevCluster;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #connection: Connection | undefined;

  constructor(cluster: DevCluster) {
    this.#cluster = cluster;
    this.#done = this.#run();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    this.#connection?.destroy();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let last: number | undefined;
    let since = performance.now();
    while (!signal.aborted) {
      const now = await this.#ask();
      const at = performance.now();
      // A new server, or a new connection of ours after one went away, counts from there.
      if (now !== undefined && last !== undefined && now >= last) {
        const more = now - last;
        this.opened += more;
        this.mostInASecond = Math.max(this.mostInASecond, Math.round((more * 1_000) / Math.max(1_000, at - since)));
      }
      last = now;
      since = at;
      await sleep(systemClock, 1_000, { signal }).catch(() => {});
    }
  }

  async #ask(): Promise<number | undefined> {
    try {
      this.#connection ??= await this.#connect();
      const [rows] = await this.#connection.query<RowDataPacket[]>({
        sql: "SHOW GLOBAL STATUS LIKE 'Connections'",
        timeout: 2_000,
      });
      return Number(rows[0]?.["Value"]);
    } catch {
      this.#connection?.destroy();
      this.#connection = undefined;
      return undefined;
    }
  }

  async #connect(): Promise<Connection> {
    const { host, port, rootUser, rootPassword } = this.#cluster.mysql;
    const connection = await mysql.createConnection({
      host,
      port,
      user: rootUser,
      password: rootPassword.reveal(),
      connectTimeout: 2_000,
    });
    connection.on("error", () => {});
    return connection;
  }
}
