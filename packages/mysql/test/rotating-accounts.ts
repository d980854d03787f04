import type { Freshness } from "@minicluster/core";
import { Secret } from "@minicluster/core";
import type { Credentials, CredentialsSource } from "../src/index.ts";

export interface RotatingAccountsOptions {
  /** Runs SQL as an administrator. */
  admin: (sql: string) => Promise<unknown>;
  database: string;
  /** What each account may do. Default: everything on the database. */
  grant?: (account: string) => string;
  /** Milliseconds until an account may be dropped. Default: never. */
  lifeMs?: number;
}

let sources = 0;

/** Credentials as Vault's database engine gives them: real accounts, made on demand, dropped when released. */
export class RotatingAccounts implements CredentialsSource {
  readonly #options: RotatingAccountsOptions;
  readonly #listeners = new Set<(event: { current: Credentials; previous: Credentials | undefined }) => void>();
  readonly #born = new Map<string, number>();
  /** How the names of its accounts begin. */
  readonly prefix: string;
  #current: Credentials | undefined;
  #flight: Promise<Credentials> | undefined;
  state: Freshness = "fresh";
  issued = 0;
  released: string[] = [];
  /** Rotations that were asked for, with their reasons. */
  forced: string[] = [];
  /** Waits before the new account works, as on a replica that lags. */
  lagMs = 0;
  /** While set, no new account can be had. */
  away: Promise<void> | undefined;

  constructor(options: RotatingAccountsOptions) {
    sources += 1;
    this.prefix = `v-${process.pid % 100_000}-${sources}-`;
    this.#options = options;
  }

  get current(): Credentials | undefined {
    return this.#current;
  }

  async ready(): Promise<Credentials> {
    return this.#current ?? (await this.next());
  }

  async rotate(options: { rejected: Credentials; reason: string }): Promise<Credentials> {
    if (this.#current && this.#current !== options.rejected) return this.#current;
    this.forced.push(options.reason);
    return await this.next();
  }

  onRotated(listener: (event: { current: Credentials; previous: Credentials | undefined }) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  remainingMs(credentials: Credentials): number {
    const { lifeMs = Number.POSITIVE_INFINITY } = this.#options;
    return (this.#born.get(credentials.id) ?? 0) + lifeMs - Date.now();
  }

  async release(credentials: Credentials): Promise<void> {
    this.released.push(credentials.username);
    await this.drop(credentials.username);
  }

  /** A new account; what `rotate` does, without anybody asking. */
  next(): Promise<Credentials> {
    this.#flight ??= this.#issue().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  /** As Vault revokes. */
  async drop(username: string): Promise<void> {
    await this.#options.admin(`REVOKE ALL PRIVILEGES, GRANT OPTION FROM '${username}'@'%'`).catch(() => {});
    await this.#options.admin(`DROP USER IF EXISTS '${username}'@'%'`);
  }

  async #issue(): Promise<Credentials> {
    await this.away;
    const username = `${this.prefix}${this.issued + 1}`;
    const password = `pw-${Math.random().toString(36).slice(2)}`;
    const { admin, database, grant = (account) => `GRANT ALL ON ${database}.* TO ${account}` } = this.#options;
    const make = async (): Promise<void> => {
      await admin(`CREATE USER '${username}'@'%' IDENTIFIED BY '${password}'`);
      for (const sql of grant(`'${username}'@'%'`).split(";")) await admin(sql);
    };
    if (this.lagMs > 0) setTimeout(make, this.lagMs);
    else await make();
    const previous = this.#current;
    this.#current = { id: `lease/${username}`, username, password: new Secret(password) };
    this.#born.set(this.#current.id, Date.now());
    this.issued += 1;
    for (const listener of this.#listeners) listener({ current: this.#current, previous });
    return this.#current;
  }
}
