import { type Clock, systemClock } from "@minicluster/core";
import type { Mariadb } from "@minicluster/servers";
import type { Express } from "express";
import mysql from "mysql2/promise";
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
