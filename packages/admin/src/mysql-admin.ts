import type { Secret } from "@minicluster/core";
import type { Connection } from "mysql2/promise";
import { AdminError } from "./error.ts";
import { named, whole } from "./names.ts";

/** The account that may create databases and accounts, used only while `configureCluster` runs. */
export interface MysqlAdmin {
  host: string;
  /** Default 3306. */
  port?: number | undefined;
  adminUser: string;
  adminPassword: Secret;
  /** Where Vault reaches MySQL, when that is another address than ours. */
  vaultHost?: string | undefined;
  vaultPort?: number | undefined;
  /** The account that Vault uses. Default `vaultadmin`. */
  account?: string | undefined;
  /** From where it may log in. Default `%`. */
  accountHost?: string | undefined;
}

/** MySQL's side of configuring: one administrator's connection. Errors carry no statement, since some hold a password. */
export class MysqlSide implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #where: string;

  private constructor(connection: Connection, where: string) {
    this.#connection = connection;
    this.#where = where;
  }

  /** @throws AdminError `ADMIN_MYSQL_UNREACHABLE`, `ADMIN_MYSQL_REFUSED`, `ADMIN_INVALID_OPTION` */
  static async connect(options: MysqlAdmin): Promise<MysqlSide> {
    const host = named("host", "mysql.host", options.host);
    const port = whole("mysql.port", options.port ?? 3306, [1, 65_535]);
    const where = `${host}:${port}`;
    const { adminUser: user, adminPassword } = options;
    const password = adminPassword.reveal();
    // Only configuring needs the driver.
    const { createConnection } = await import("mysql2/promise");
    try {
      return new MysqlSide(await createConnection({ host, port, user, password, connectTimeout: 5_000 }), where);
    } catch (error) {
      throw failure(`logging in to MySQL at ${where} as ${options.adminUser}`, error);
    }
  }

  /** Runs one statement; `?` are values, quoted here. */
  async run(doing: string, statement: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    try {
      const [rows] = await this.#connection.query({ sql: statement, values: [...values], timeout: 15_000 });
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    } catch (error) {
      throw failure(`${doing} on MySQL at ${this.#where}`, error);
    }
  }

  /** The account's grants, one a line; undefined where there is no such account. */
  async grants(account: string, host: string): Promise<string[] | undefined> {
    const found = await this.run("looking for an account", "SELECT 1 FROM mysql.user WHERE User = ? AND Host = ?", [
      account,
      host,
    ]);
    if (found.length === 0) return undefined;
    const rows = await this.run("reading grants", "SHOW GRANTS FOR ?@?", [account, host]);
    return rows.map((row) => String(Object.values(row)[0]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.end().catch(() => this.#connection.destroy());
  }
}

/** What MySQL said, by number and name; its own words only where no statement can be quoted in them. */
function failure(doing: string, error: unknown): AdminError {
  const { errno, code, sqlState } = (error ?? {}) as { errno?: unknown; code?: unknown; sqlState?: unknown };
  const refused = typeof sqlState === "string" && typeof errno === "number" && errno >= 1_000;
  const name = typeof code === "string" ? code : "no answer";
  const advice =
    errno === 1045 || errno === 1044 || errno === 1142 || errno === 1227
      ? "; the administrator needs the right to create databases, accounts and grants (such as root has)"
      : refused
        ? ""
        : "; is MySQL running there?";
  return new AdminError({
    code: refused ? "ADMIN_MYSQL_REFUSED" : "ADMIN_MYSQL_UNREACHABLE",
    kind: refused ? "refused" : "unreachable",
    message: `${doing}: ${name}${refused ? ` (error ${errno})` : ""}${advice}`,
  });
}
