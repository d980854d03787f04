import { broken, reason, refused } from "../routing/refusals.ts";
import { nameGroup, type Route, route } from "../routing/route.ts";
import { allows, type Configurations } from "./configurations.ts";
import { credentialFields, mustBePassword } from "./roles.ts";
import { type StaticRole, type StaticRoles, tickSeconds } from "./static-roles.ts";

interface StaticRoleRoutesOptions {
  roles: StaticRoles;
  configurations: Configurations;
  /** Whether a role of the other kind has that name. */
  taken: (name: string) => Promise<boolean>;
}

const name = nameGroup("name");

/** `static-roles`, `static-roles/NAME`, `static-creds/NAME` and `rotate-role/NAME`. */
export function staticRoleRoutes({ roles, configurations, taken }: StaticRoleRoutesOptions): Route[] {
  return [
    route({
      path: /^static-roles\/?$/,
      fields: {},
      async list() {
        const keys = await roles.list();
        return keys.length ? { data: { keys } } : undefined;
      },
    }),
    route({
      path: new RegExp(`^static-roles/${name}$`),
      fields: {
        name: "string",
        db_name: "string",
        username: "string",
        rotation_period: "seconds",
        rotation_statements: "lines",
        ...credentialFields,
      },
      exists: async ({ name: of = "" }) => (await roles.find(of)) !== undefined,
      async read({ values: { name: of = "" } }) {
        const role = await roles.find(of);
        return role && { data: shown(role) };
      },
      write: ({ values }) =>
        roles.inTurn(values.name ?? "", async () => {
          const { name: of = "", username = "", rotation_period } = values;
          if (await taken(of)) throw refused("Role and Static Role names must be unique");
          const before = await roles.find(of);
          const database = values.db_name ?? before?.database ?? "";
          if (!database) throw refused("database name is a required field");
          if (!username && !before) throw refused("username is a required field to create a static account");
          if (before && before.username !== username) throw refused("cannot update static account username");
          const periodSeconds = rotation_period ?? before?.periodSeconds;
          if (periodSeconds === undefined) throw refused("rotation_period is required to create static accounts");
          if (periodSeconds < tickSeconds) throw refused(`rotation_period must be ${tickSeconds} seconds or more`);
          mustBePassword(values.credential_type, values.credential_config);
          const rotation = values.rotation_statements ?? before?.rotation ?? [];
          const role = { password: "", rotated: "", ...before, database, username, periodSeconds, rotation };
          await (before ? roles.put(of, role) : roles.rotate(of, role));
          return undefined;
        }),
      delete: ({ values: { name: of = "" } }) =>
        roles.inTurn(of, async () => {
          await roles.delete(of);
          return undefined;
        }),
    }),
    route({
      path: new RegExp(`^static-creds/${name}$`),
      fields: { name: "string" },
      async read({ values: { name: of = "" } }) {
        const role = await roles.find(of);
        if (!role) throw refused(`unknown role: ${of}`);
        const configuration = await configurations.mustFind(role.database);
        if (!allows(configuration, of)) throw broken(`${JSON.stringify(of)} is not an allowed role`);
        const { username, password, rotated, periodSeconds } = role;
        const ttl = roles.ttlSeconds(role);
        return { data: { username, password, ttl, rotation_period: periodSeconds, last_vault_rotation: rotated } };
      },
    }),
    route({
      path: new RegExp(`^rotate-role/${name}$`),
      fields: { name: "string" },
      write: ({ values: { name: of = "" } }) =>
        roles.inTurn(of, async () => {
          const role = await roles.find(of);
          if (!role) throw refused("no static role found for role name");
          try {
            await roles.rotate(of, role);
            return undefined;
          } catch (error) {
            roles.retryLater(of);
            throw broken(`${unfinished}: ${reason(error)}`);
          }
        }),
    }),
  ];
}

const unfinished =
  "unable to finish rotating credentials; retries will continue in the background but it is also safe to retry manually";

function shown({ database, username, rotated, periodSeconds, rotation }: StaticRole): Record<string, unknown> {
  return {
    db_name: database,
    username,
    rotation_period: periodSeconds,
    rotation_statements: rotation,
    last_vault_rotation: rotated,
    credential_type: "password",
  };
}
