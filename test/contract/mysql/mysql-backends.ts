import { systemClock } from "@minicluster/core";
import { type Mariadb, requireLeg, startMariadb } from "@minicluster/servers";
import mysql2, { type Connection } from "mysql2";
import { simulatedDriver } from "../../simulation/simulated-driver.ts";
import { SimulatedMysql } from "../../simulation/simulated-mysql.ts";
import type { BackendOf } from "../behaviour.ts";

export interface Login {
  user: string;
  password: string;
  database?: string | undefined;
}

/** A MySQL with a database `todo` and a table of that name in it. */
export interface MysqlBackend {
  /** A connection that is opening. */
  connect: (login: Login) => Connection;
  root: Login;
  /** SIGKILL, start, SIGSTOP, SIGCONT. */
  kill: () => Promise<void>;
  start: () => Promise<void>;
  freeze: () => Promise<void>;
  thaw: () => Promise<void>;
}

async function startReal(): Promise<MysqlBackend & AsyncDisposable> {
  const server: Mariadb = await startMariadb();
  await server.admin("CREATE DATABASE todo");
  await server.admin("CREATE TABLE todo.todo (id INT)");
  const { host, port } = server;
  return {
    connect: (login) => mysql2.createConnection({ host, port, ...plain(login) }),
    root: { user: server.rootUser, password: server.rootPassword.reveal() },
    kill: () => server.kill(),
    start: () => server.restart(),
    freeze: () => server.pause(),
    thaw: () => server.resume(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

async function startSimulated(): Promise<MysqlBackend & AsyncDisposable> {
  const root = { user: "root", password: "of-a-simulation" };
  const server = new SimulatedMysql({ clock: systemClock, port: 3306, rootPassword: root.password });
  const driver = simulatedDriver(server, { clock: systemClock, latencyMs: () => 0 });
  return {
    connect: (login) => driver.createConnection({ host: "127.0.0.1", port: 3306, ...plain(login) }),
    root,
    kill: async () => server.kill(),
    start: async () => server.start(),
    freeze: async () => server.freeze(),
    thaw: async () => server.thaw(),
    [Symbol.asyncDispose]: async () => server.kill(),
  };
}

function plain({ user, password, database }: Login): { user: string; password: string; database?: string } {
  return { user, password, ...(database !== undefined && { database }) };
}

/** The real one first, as the one that is right. */
export const mysqls: readonly BackendOf<MysqlBackend>[] = [
  { name: "MariaDB 10.11", missing: () => requireLeg("mariadb"), start: startReal },
  { name: "simulated", missing: async () => undefined, start: startSimulated },
];
