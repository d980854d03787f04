import type { SqlError } from "./mysql-wire.ts";

export interface Account {
  password: string;
  locked: boolean;
  /** Databases it has rights on; undefined: on everything. */
  databases: Set<string> | undefined;
}

type Change = "created" | "dropped" | "changed";

const host = "@'%'";
const name = `'(?<user>[^']*)'${host}`;

/** The accounts, and the statements that change them. */
export class Accounts {
  readonly #accounts = new Map<string, Account>();
  readonly #changed: (user: string, what: Change) => void;

  constructor(rootPassword: string, changed: (user: string, what: Change) => void) {
    this.#changed = changed;
    this.#accounts.set("root", { password: rootPassword, locked: false, databases: undefined });
  }

  get names(): string[] {
    return [...this.#accounts.keys()];
  }

  get(user: string): Account | undefined {
    return this.#accounts.get(user);
  }

  /** Whether somebody may connect with this. */
  takes(user: string, password: string, database: string): boolean {
    const account = this.get(user);
    if (!account || account.locked || account.password !== password) return false;
    return account.databases === undefined || account.databases.has(database);
  }

  /** Runs a statement about accounts. @returns undefined for any other; an error, or that it went well */
  run(sql: string): SqlError | "ok" | undefined {
    for (const { pattern, run } of this.#statements) {
      const groups = pattern.exec(sql)?.groups;
      if (groups) return run(groups) ?? "ok";
    }
    return undefined;
  }

  readonly #statements: { pattern: RegExp; run: (groups: Record<string, string>) => SqlError | undefined }[] = [
    {
      pattern: new RegExp(`^CREATE USER ${name} IDENTIFIED BY '(?<password>[^']*)'$`),
      run: ({ user = "", password = "" }) => {
        if (this.#accounts.has(user))
          return failure(1396, "HY000", `Operation CREATE USER failed for '${user}'${host}`);
        this.#accounts.set(user, { password, locked: false, databases: new Set() });
        this.#changed(user, "created");
        return undefined;
      },
    },
    {
      pattern: new RegExp(`^GRANT [A-Z, ]+ ON \`(?<database>\\w+)\`\\.\\* TO ${name}$`),
      run: ({ user = "", database = "" }) =>
        this.#change(user, missingGrantee, (account) => void account.databases?.add(database)),
    },
    {
      pattern: new RegExp(`^REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${name}$`),
      run: ({ user = "" }) => this.#change(user, missingOfRevoke, (account) => void account.databases?.clear()),
    },
    {
      pattern: new RegExp(`^DROP USER ${name}$`),
      run: ({ user = "" }) => {
        if (!this.#accounts.delete(user))
          return failure(1396, "HY000", `Operation DROP USER failed for '${user}'${host}`);
        this.#changed(user, "dropped");
        return undefined;
      },
    },
    {
      pattern: new RegExp(`^ALTER USER ${name} ACCOUNT (?<lock>LOCK|UNLOCK)$`),
      run: ({ user = "", lock }) =>
        this.#change(user, missingOfAlter, (account) => {
          account.locked = lock === "LOCK";
        }),
    },
    {
      pattern: new RegExp(`^ALTER USER ${name} IDENTIFIED BY '(?<password>[^']*)'$`),
      run: ({ user = "", password = "" }) =>
        this.#change(user, missingOfAlter, (account) => {
          account.password = password;
        }),
    },
  ];

  #change(user: string, missing: (user: string) => SqlError, change: (account: Account) => void): SqlError | undefined {
    const account = this.#accounts.get(user);
    if (!account) return missing(user);
    change(account);
    this.#changed(user, "changed");
    return undefined;
  }
}

function missingGrantee(): SqlError {
  return failure(1133, "28000", "Can't find any matching row in the user table");
}

function missingOfRevoke(): SqlError {
  return failure(1269, "HY000", "Can't revoke all privileges for one or more of the requested users");
}

function missingOfAlter(user: string): SqlError {
  return failure(1396, "HY000", `Operation ALTER USER failed for '${user}'${host}`);
}

export function failure(errno: number, state: string, message: string): SqlError {
  return { errno, state, message };
}
