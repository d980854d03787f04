import { type Clock, systemClock } from "@minicluster/core";
import { type Mariadb, startMariadb } from "@minicluster/servers";
import type { Express } from "express";
import mysql from "mysql2/promise";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { createApp, type Database, databaseHealth, healthOf, TodoStore, TodoTable } from "../src/index.ts";
import { Lines } from "./lines.ts";

export interface Todo {
  app: Express;
  store: TodoStore;
  table: TodoTable;
  lines: Lines;
}

/** The real handlers, store and table over any pool. */
export function todoOn(db: Database, clock: Clock = systemClock): Todo {
  const lines = new Lines();
  const log = lines as never;
  const table = new TodoTable({ db, log, clock });
  const store = new TodoStore({ db, log, clock, onTableMissing: () => table.missing() });
  const own = databaseHealth({ store, table, clock });
  const app = createApp({ store, log, health: async () => healthOf(await own()) });
  return { app, store, table, lines };
}

/** A database of its own, and a bare mysql2 pool on it. */
export async function poolOn(maria: Mariadb, database: string): Promise<mysql.Pool> {
  await maria.admin(`CREATE DATABASE ${database}`);
  return mysql.createPool({
    host: maria.host,
    port: maria.port,
    user: maria.rootUser,
    password: maria.rootPassword.reveal(),
    database,
    connectionLimit: 5,
    connectTimeout: 500,
  });
}

/** What tests of the API use; there from the first hook of the test on. */
export interface Served extends Todo {
  maria: Mariadb;
  pool: mysql.Pool;
  /** What is stored, by id. */
  rows(): Promise<unknown[]>;
}

/** The handlers on a MariaDB of the file's own, with an empty table for each test. Called in a `describe`. */
export function served(database: string): Served {
  const rows: Served["rows"] = async () => {
    const [found] = await todo.pool.query<mysql.RowDataPacket[]>("SELECT id, status, content FROM todo ORDER BY id");
    return found;
  };
  const todo = { rows } as Served;
  beforeAll(async () => {
    todo.maria = await startMariadb();
    todo.pool = await poolOn(todo.maria, database);
    Object.assign(todo, todoOn(todo.pool));
    await todo.table.ready();
  });
  afterAll(async () => {
    await todo.pool?.end();
    await todo.maria?.close();
  });
  beforeEach(async () => {
    await todo.pool.query("TRUNCATE TABLE todo");
  });
  return todo;
}
