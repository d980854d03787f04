import type { EngineMaker } from "../../engine.ts";
import { routedEngine } from "../routing/routed-engine.ts";
import { configurationRoutes } from "./configuration-routes.ts";
import { Configurations } from "./configurations.ts";
import { DatabaseCredentials } from "./database-credentials.ts";
import { findRole, roleRoutes } from "./roles.ts";
import { rootRotationRoute } from "./root-rotation.ts";
import { staticRoleRoutes } from "./static-role-routes.ts";
import { StaticRoles } from "./static-roles.ts";

/** Accounts in MySQL: made for each reader and dropped with its lease, or shared with a password that rotates. */
export const database: EngineMaker = (context) => {
  const { storage, random } = context;
  const configurations = new Configurations(context);
  const credentials = new DatabaseCredentials(context, configurations);
  const staticRoles = new StaticRoles(context, configurations);
  const taken = async (name: string): Promise<boolean> => (await findRole(storage, name)) !== undefined;
  return routedEngine(
    [
      ...configurationRoutes(configurations),
      ...roleRoutes(storage),
      credentials.route(),
      ...staticRoleRoutes({ roles: staticRoles, configurations, taken }),
      rootRotationRoute(configurations, random),
    ],
    {
      renew: (granted) => credentials.renew(granted),
      revoke: (granted) => credentials.revoke(granted),
      async close() {
        configurations.close();
        await staticRoles.close();
      },
    },
  );
};
