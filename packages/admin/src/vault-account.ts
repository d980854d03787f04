import type { Secret } from "@minicluster/core";
import type { MysqlSide } from "./mysql-admin.ts";
import { grantTarget, privilegesIn } from "./sql.ts";
import type { Done, Steps } from "./step.ts";

export interface VaultAccountOptions {
  mysql: MysqlSide;
  name: string;
  host: string;
  database: string;
  privileges: readonly string[];
  steps: Steps;
}

/**
 * The account with which Vault makes the others. What suffices, tried on MariaDB 10.11 with each privilege taken away:
 * CREATE USER (creating, REVOKE ALL PRIVILEGES and DROP USER ask for it), and on the service's database what the
 * service gets, WITH GRANT OPTION. It reads no row of the system's tables.
 */
export class VaultAccount {
  readonly #options: VaultAccountOptions;
  /** Said once, however often they are looked after. */
  #granted = false;

  constructor(options: VaultAccountOptions) {
    this.#options = options;
  }

  async createDatabase(): Promise<void> {
    const { mysql, database, steps } = this.#options;
    const found = await mysql.run(
      "looking for the database",
      "SELECT 1 FROM information_schema.schemata WHERE schema_name = ?",
      [database],
    );
    if (found.length === 0) {
      await mysql.run(
        `creating the database ${database}`,
        `CREATE DATABASE IF NOT EXISTS \`${database}\` CHARACTER SET utf8mb4`,
      );
    }
    steps.add(`database ${database}`, found.length === 0 ? "created" : "unchanged");
  }

  async exists(): Promise<boolean> {
    const { mysql, name, host } = this.#options;
    return (await mysql.grants(name, host)) !== undefined;
  }

  /** Makes the account, or gives it this password. */
  async setPassword(password: Secret): Promise<Done> {
    const { mysql, name, host } = this.#options;
    const existed = await this.exists();
    const verb = existed ? "ALTER" : "CREATE";
    await mysql.run(`setting the password of ${name}`, `${verb} USER ?@? IDENTIFIED BY ?`, [
      name,
      host,
      password.reveal(),
    ]);
    return existed ? "updated" : "created";
  }

  /** Brings its grants to just what it needs for this database; those for other databases stay. */
  async grant(): Promise<void> {
    const { mysql, name, host, database, privileges, steps } = this.#options;
    const before = (await mysql.grants(name, host)) ?? [];
    const target = grantTarget(database);
    const held = before.map((line) => privilegesIn(line, database)).find((found) => found !== undefined);
    const right = held?.option && same(held.privileges, privileges);
    if (!right) {
      if (held) {
        const doing = `revoking what ${name} need not hold on ${database}`;
        await mysql.run(doing, `REVOKE ALL PRIVILEGES ON ${target} FROM ?@?`, [name, host]);
      }
      const doing = `granting ${database} to ${name}`;
      await mysql.run(doing, `GRANT ${privileges.join(", ")} ON ${target} TO ?@? WITH GRANT OPTION`, [name, host]);
    }
    const mayCreate = before.some((line) => /^GRANT ([A-Z ]+, )*(CREATE USER|ALL PRIVILEGES)(,| ON \*\.\*)/.test(line));
    if (!mayCreate) await mysql.run(`letting ${name} create accounts`, "GRANT CREATE USER ON *.* TO ?@?", [name, host]);
    if (this.#granted) return;
    this.#granted = true;
    steps.add(`grants of ${name} on ${database}`, right && mayCreate ? "unchanged" : held ? "updated" : "created");
  }
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((entry) => other.includes(entry));
}
