import type { EngineStorage } from "../../engine-storage.ts";
import { MysqlFailure } from "../accounts/mysql-failure.ts";
import { refused } from "../routing/refusals.ts";
import { nameGroup, type Route, route } from "../routing/route.ts";
import type { MysqlConnection } from "./mysql-connection.ts";

/** A role of the legacy engine. */
export interface MysqlRole {
  sql: string;
  /** "": the default. */
  revocationSql: string;
  /** How many characters of an account's name come from where, and how many there are in all. */
  usernameLength: number;
  rolenameLength: number;
  displaynameLength: number;
}

export function findMysqlRole(storage: EngineStorage, name: string): Promise<MysqlRole | undefined> {
  return storage.get<MysqlRole>(`role/${name}`);
}

/** `roles` and `roles/NAME`. */
export function mysqlRoleRoutes(storage: EngineStorage, connection: MysqlConnection): Route[] {
  return [
    route({
      path: /^roles\/?$/,
      fields: {},
      async list() {
        const keys = await storage.list("role/");
        return keys.length ? { data: { keys } } : undefined;
      },
    }),
    route({
      path: new RegExp(`^roles/${nameGroup("name")}$`),
      fields: {
        name: "string",
        sql: "string",
        revocation_sql: "string",
        username_length: "int",
        rolename_length: "int",
        displayname_length: "int",
      },
      async read({ values: { name = "" } }) {
        const role = await findMysqlRole(storage, name);
        return role && { data: { sql: role.sql, revocation_sql: role.revocationSql } };
      },
      async write({ values }) {
        const { name = "", sql = "", revocation_sql = "" } = values;
        const { username_length = 16, rolename_length = 4, displayname_length = 4 } = values;
        await understood(connection, sql);
        await storage.put(`role/${name}`, {
          sql,
          revocationSql: revocation_sql,
          usernameLength: username_length,
          rolenameLength: rolename_length,
          displaynameLength: displayname_length,
        } satisfies MysqlRole);
        return undefined;
      },
      async delete({ values: { name = "" } }) {
        await storage.delete(`role/${name}`);
        return undefined;
      },
    }),
  ];
}

async function understood(connection: MysqlConnection, sql: string): Promise<void> {
  const server = await connection.server();
  try {
    await server.check([sql], { name: "foo", password: "bar" });
  } catch (error) {
    throw error instanceof MysqlFailure ? refused(`Error testing query: ${error.message}`) : error;
  }
}
