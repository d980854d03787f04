import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { Connection } from "mysql2";
import { expect } from "vitest";
import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { type Login, type MysqlBackend, mysqls } from "./mysql-backends.ts";

/** What a statement, or the opening of a connection, came to. */
type Told = { rows?: unknown; affected?: number } | { code: unknown; errno: unknown; state: unknown; fatal: unknown };

/** Long enough for what must not happen to happen. */
const whileMs = 150;

async function opened(of: MysqlBackend, login: Login): Promise<Connection> {
  const connection = of.connect(login);
  connection.on("error", () => {});
  await promisify(connection.connect.bind(connection))();
  return connection;
}

async function opening(of: MysqlBackend, login: Login): Promise<Told | "open"> {
  const connection = of.connect(login);
  connection.on("error", () => {});
  return await new Promise((resolve) => {
    connection.connect((error) => {
      connection.destroy();
      resolve(error ? told(error) : "open");
    });
  });
}

function told(error: object): Told {
  const { code, errno, sqlState, fatal } = error as Record<string, unknown>;
  // The numbers of the system's own errors are the machine's.
  return { code, errno: Number(errno) > 0 ? errno : undefined, state: sqlState, fatal };
}

function asked(connection: Connection, sql: string, how: "query" | "execute" = "query"): Promise<Told> {
  return new Promise((resolve) => {
    connection[how](sql, (error: object | null, result: unknown) => {
      if (error) return resolve(told(error));
      const { affectedRows } = result as { affectedRows?: number };
      resolve(Array.isArray(result) ? { rows: result } : { affected: affectedRows ?? 0 });
    });
  });
}

async function asRoot(of: MysqlBackend, ...statements: string[]): Promise<Told[]> {
  const connection = await opened(of, of.root);
  const all: Told[] = [];
  for (const statement of statements) all.push(await asked(connection, statement));
  connection.destroy();
  return all;
}

/** A new account with rights on the database, as Vault makes one. */
async function account(of: MysqlBackend, user: string): Promise<Login> {
  await asRoot(
    of,
    `CREATE USER '${user}'@'%' IDENTIFIED BY 'secret'`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON \`todo\`.* TO '${user}'@'%'`,
  );
  return { user, password: "secret", database: "todo" };
}

const one = "SELECT '1' AS answer";

/** What a session still can. */
async function works(connection: Connection): Promise<Told[]> {
  return [
    await asked(connection, one),
    await asked(connection, one, "execute"),
    await asked(connection, "INSERT INTO todo VALUES (1)"),
    await asked(connection, "START TRANSACTION"),
    await asked(connection, "COMMIT"),
  ];
}

/** Until it is closed from there, with what was said before. */
function ended(connection: Connection): Promise<unknown[]> {
  const said: unknown[] = [];
  connection.on("error", (error) => said.push(told(error)));
  return new Promise((resolve) => connection.once("end", () => setImmediate(() => resolve(said))));
}

const behaviours: readonly Behaviour<MysqlBackend>[] = [
  {
    name: "an account with rights on its database connects and works",
    run: async (of) => {
      const connection = await opened(of, await account(of, "works"));
      const all = await works(connection);
      const pinged = await promisify(connection.ping.bind(connection))();
      connection.destroy();
      return [all, pinged ?? "pinged"];
    },
  },
  {
    name: "connecting is refused for an account that is unknown, locked, without rights, or has another password",
    run: async (of) => {
      const login = await account(of, "refused");
      const all: unknown[] = [await opening(of, login)];
      all.push(await opening(of, { ...login, user: "nobody" }));
      all.push(await opening(of, { ...login, password: "wrong" }));
      all.push(await opening(of, { ...login, database: "nowhere" }));
      all.push(await opening(of, { ...of.root, database: "nowhere" }));
      await asRoot(of, "ALTER USER 'refused'@'%' ACCOUNT LOCK");
      all.push(await opening(of, login), await opening(of, { ...login, password: "wrong" }));
      await asRoot(of, "ALTER USER 'refused'@'%' ACCOUNT UNLOCK", "ALTER USER 'refused'@'%' IDENTIFIED BY 'other'");
      all.push(await opening(of, login), await opening(of, { ...login, password: "other" }));
      await asRoot(of, "REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'refused'@'%'");
      all.push(await opening(of, { ...login, password: "other" }));
      await asRoot(of, "DROP USER 'refused'@'%'");
      all.push(await opening(of, { ...login, password: "other" }));
      return all;
    },
  },
  {
    name: "an open session keeps its database when its account is locked, gets another password, loses all, is dropped",
    run: async (of) => {
      const connection = await opened(of, await account(of, "kept"));
      const all: unknown[] = [];
      for (const change of [
        "ALTER USER 'kept'@'%' ACCOUNT LOCK",
        "ALTER USER 'kept'@'%' IDENTIFIED BY 'other'",
        "REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'kept'@'%'",
        "DROP USER 'kept'@'%'",
      ]) {
        all.push(await asRoot(of, change), await works(connection));
      }
      connection.destroy();
      return all;
    },
  },
  {
    name: "statements about accounts that are there already, or are not there",
    run: (of) =>
      asRoot(
        of,
        "CREATE USER 'twice'@'%' IDENTIFIED BY 'secret'",
        "CREATE USER 'twice'@'%' IDENTIFIED BY 'secret'",
        "DROP USER 'twice'@'%'",
        "DROP USER 'twice'@'%'",
        "REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'twice'@'%'",
        "ALTER USER 'twice'@'%' ACCOUNT LOCK",
        "ALTER USER 'twice'@'%' IDENTIFIED BY 'secret'",
        "GRANT SELECT ON `todo`.* TO 'twice'@'%'",
      ),
  },
  {
    name: "KILL ends a session that is at work and one that is not",
    run: async (of) => {
      const login = await account(of, "killed");
      const [busy, idle] = [await opened(of, login), await opened(of, login)];
      const [endOfBusy, endOfIdle] = [ended(busy), ended(idle)];
      const working = asked(busy, "SELECT SLEEP(30)");
      await delay(whileMs);
      for (const { threadId } of [busy, idle]) await asRoot(of, `KILL ${threadId}`);
      const answer = await working;
      await Promise.all([endOfBusy, endOfIdle]);
      return answer;
    },
  },
  {
    name: "beyond max_connections nobody but an administrator connects, until one goes",
    run: async (of) => {
      const login = await account(of, "many");

      await asRoot(of, "SET GLOBAL max_connections = 10");
      await delay(whileMs);
      const open = [];
      for (let count = 0; count < 10; count += 1) open.push(await opened(of, login));
      const beyond = await opening(of, login);
      await delay(whileMs);
      const administrator = await opened(of, of.root);
      const two = await opening(of, of.root);
      open.pop()?.destroy();
      await delay(whileMs);
      const again = await opening(of, login);
      await asked(administrator, "SET GLOBAL max_connections = 151");
      for (const each of [...open, administrator]) each.destroy();
      return [beyond, two, again];
    },
  },
  {
    name: "a frozen server answers nothing and nobody, and all when it goes on",
    run: async (of) => {
      const login = await account(of, "patient");
      const connection = await opened(of, login);
      await of.freeze();
      const settled: string[] = [];
      const statement = asked(connection, one).finally(() => settled.push("statement"));
      const connecting = opening(of, login).finally(() => settled.push("connecting"));
      await delay(whileMs);
      expect(settled).toEqual([]);
      await of.thaw();
      const all = await Promise.all([statement, connecting]);
      connection.destroy();
      return all;
    },
  },
  {
    name: "a server that is killed loses its sessions, refuses new ones, and keeps its accounts",
    run: async (of) => {
      const login = await account(of, "survivor");
      const [busy, idle] = [await opened(of, login), await opened(of, login)];
      const end = Promise.all([ended(busy), ended(idle)]);
      const working = asked(busy, "SELECT SLEEP(30)");
      await delay(whileMs);
      await of.kill();
      const during = [await working, await end.then(() => "ended"), await opening(of, login)];
      await of.start();
      return [...during, await opening(of, login)];
    },
  },
];

contract({ title: "MySQL as the simulation sees it", backends: mysqls, behaviours });
