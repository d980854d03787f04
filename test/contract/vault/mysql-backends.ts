import { type Mariadb, requireLeg, startMariadb } from "@minicluster/servers";
import mysql from "mysql2/promise";
import type { BackendOf } from "../behaviour.ts";
import type { Asked } from "./asking.ts";
import { nodes } from "./node-backends.ts";

/** A Vault with a MySQL of its own, where it may do everything. */
export interface MysqlBackend extends Asked {
  /** That opens the Vault, in base64. */
  key: string;
  mariadb: Mariadb;
}

/** What the suites on MySQL accounts run on. */
export const mysqlBackends: readonly BackendOf<MysqlBackend>[] = nodes.map(({ name, missing, start }) => ({
  name,
  missing: async () => (await missing()) ?? (await requireLeg("mariadb")),
  async start() {
    const [vault, mariadb] = await Promise.all([start(), startMariadb()]);
    const { address, token, key } = vault;
    const close = async (): Promise<void> => {
      await vault[Symbol.asyncDispose]();
      await mariadb.close();
    };
    return { address, token, key, mariadb, [Symbol.asyncDispose]: close };
  },
}));

/** What questions may name: `{{mysql}}`, the address, and `{{root}}`, the password. */
export function mysqlValues({ mariadb }: MysqlBackend): Record<string, string> {
  return { mysql: `127.0.0.1:${mariadb.port}`, root: mariadb.rootPassword.reveal() };
}

/** Accounts whose names fit, without what is chance in them. */
export async function accounts({ mariadb }: MysqlBackend, pattern: string): Promise<number> {
  const rows = await mariadb.admin("SELECT User FROM mysql.user WHERE User LIKE ?", [pattern]);
  return rows.length;
}

/** What an account may do, or the number of the error that refuses it. */
export async function grantsOf({ mariadb }: MysqlBackend, user: string, password: string): Promise<unknown> {
  const { host, port } = mariadb;
  try {
    const connection = await mysql.createConnection({ host, port, user, password });
    const [rows] = await connection.query("SHOW GRANTS");
    await connection.end();
    return (rows as Record<string, string>[]).map((row) =>
      String(Object.values(row)[0])
        .replace(/`[^`]*`@`%`/, "it")
        .replace(/PASSWORD '.*'/, "PASSWORD"),
    );
  } catch (error) {
    return (error as { errno?: number }).errno;
  }
}
