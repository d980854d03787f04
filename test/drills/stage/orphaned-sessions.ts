import { sleep, systemClock } from "@minicluster/core";
import type { DevCluster } from "@minicluster/devcluster";
import mysql, { type Connection, type RowDataPacket } from "mysql2/promise";

const everyMs = 50;

/** Sessions, by account, whose account is gone. */
const orphaned = `SELECT ID AS id, USER AS user FROM information_schema.processlist
  WHERE DB = 'todo' AND USER NOT IN (SELECT User FROM mysql.user)`;

/** Looks for sessions that outlive their account: an account is to be revoked when its last connection is closed. */
export class OrphanedSessions implements AsyncDisposable {
  /** The accounts of those that were there at two looks in a row: one may see a session that is just ending. */
  readonly accounts: Set<string> = new Set();
  readonly #connection: Connection;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  private constructor(connection: Connection) {
    this.#connection = connection;
    this.#done = this.#run();
  }

  static async watch({ mysql: { host, port, rootUser, rootPassword } }: DevCluster): Promise<OrphanedSessions> {
    const password = rootPassword.reveal();
    return new OrphanedSessions(await mysql.createConnection({ host, port, user: rootUser, password }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
    await this.#connection.end();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let before = new Set<number>();
    while (!signal.aborted) {
      const [sessions] = await this.#connection.query<RowDataPacket[]>(orphaned);
      for (const { id, user } of sessions) if (before.has(id)) this.accounts.add(user);
      before = new Set(sessions.map(({ id }) => id));
      await sleep(systemClock, everyMs, { signal }).catch(() => {});
    }
  }
}
