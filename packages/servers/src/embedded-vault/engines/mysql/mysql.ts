import type { EngineAnswer, EngineMaker, Granted } from "../../engine.ts";
import { MysqlFailure } from "../accounts/mysql-failure.ts";
import { defaultRevocation } from "../accounts/statements.ts";
import { broken, refused } from "../routing/refusals.ts";
import { nameGroup, route } from "../routing/route.ts";
import { routedEngine } from "../routing/routed-engine.ts";
import { uuid } from "../routing/uuid.ts";
import { MysqlConnection } from "./mysql-connection.ts";
import { mysqlLease, mysqlLeaseRoute } from "./mysql-lease.ts";
import { findMysqlRole, mysqlRoleRoutes } from "./mysql-roles.ts";

/** The legacy engine: accounts with short names in one MySQL. Real Vaults after 1.12 have it no more. */
export const mysql: EngineMaker = (context) => {
  const { storage, random } = context;
  const connection = new MysqlConnection(context);

  const execute = async (texts: readonly string[], values: Readonly<Record<string, string>>): Promise<void> => {
    const server = await connection.server();
    try {
      await server.execute(texts, values);
    } catch (error) {
      throw error instanceof MysqlFailure ? broken(error.message) : error;
    }
  };

  const issue = async (name: string, displayName: string): Promise<EngineAnswer> => {
    const role = await findMysqlRole(storage, name);
    if (!role) throw refused(`unknown role: ${name}`);
    const short = [name.slice(0, role.rolenameLength), displayName.slice(0, role.displaynameLength)];
    const username = [...short, uuid(random)].join("-").slice(0, role.usernameLength);
    const password = uuid(random);
    await execute([role.sql], { name: username, password });
    return {
      data: { username, password },
      lease: { ...(await mysqlLease(storage)), renewable: true, internal: { username, role: name } },
    };
  };

  return routedEngine(
    [
      connection.route(),
      mysqlLeaseRoute(storage),
      ...mysqlRoleRoutes(storage, connection),
      route({
        path: new RegExp(`^creds/${nameGroup("name")}$`),
        fields: { name: "string" },
        read: ({ values: { name = "" }, request }) => issue(name, request.token?.displayName ?? ""),
      }),
    ],
    {
      renew: () => mysqlLease(storage),
      async revoke({ internal }: Granted) {
        const role = await findMysqlRole(storage, String(internal["role"]));
        const texts = role?.revocationSql ? [role.revocationSql] : defaultRevocation;
        await execute(texts, { name: String(internal["username"]) });
      },
      async close() {
        connection.close();
      },
    },
  );
};
