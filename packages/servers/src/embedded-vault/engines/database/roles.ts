import type { EngineStorage } from "../../engine-storage.ts";
import { notDone, refused } from "../routing/refusals.ts";
import { nameGroup, type Route, route } from "../routing/route.ts";

/** A role whose every reader gets an account of its own. TTLs of 0: the mount's. */
export interface DatabaseRole {
  database: string;
  creation: readonly string[];
  revocation: readonly string[];
  rollback: readonly string[];
  renewal: readonly string[];
  ttlSeconds: number;
  maxTtlSeconds: number;
}

/** What roles of both kinds say about their secret: only passwords are done here. */
export const credentialFields = { credential_type: "string", credential_config: "map" } as const;

/** @throws VaultFailure 501 for what is not done here; 400 for what nobody knows */
export function mustBePassword(type: string | undefined, config: Readonly<Record<string, unknown>> | undefined): void {
  if (type === "rsa_private_key") throw notDone("credential_type rsa_private_key");
  if (type !== undefined && type !== "password") throw refused(`invalid credential_type ${JSON.stringify(type)}`);
  if (config && Object.keys(config).length) throw notDone("credential_config");
}

const unset: DatabaseRole = {
  database: "",
  creation: [],
  revocation: [],
  rollback: [],
  renewal: [],
  ttlSeconds: 0,
  maxTtlSeconds: 0,
};

export function findRole(storage: EngineStorage, name: string): Promise<DatabaseRole | undefined> {
  return storage.get<DatabaseRole>(`role/${name}`);
}

/** `roles` and `roles/NAME`. */
export function roleRoutes(storage: EngineStorage): Route[] {
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
        db_name: "string",
        creation_statements: "lines",
        revocation_statements: "lines",
        rollback_statements: "lines",
        renew_statements: "lines",
        default_ttl: "seconds",
        max_ttl: "seconds",
        ...credentialFields,
      },
      exists: async ({ name = "" }) => (await findRole(storage, name)) !== undefined,
      async read({ values: { name = "" } }) {
        const role = await findRole(storage, name);
        return role && { data: shown(role) };
      },
      async write({ values }) {
        const { name = "" } = values;
        if (await storage.get(`static-role/${name}`)) throw refused("Role and Static Role names must be unique");
        const before = (await findRole(storage, name)) ?? unset;
        const role: DatabaseRole = {
          database: values.db_name ?? before.database,
          creation: values.creation_statements ?? before.creation,
          revocation: (values.revocation_statements ?? before.revocation).filter(Boolean),
          rollback: values.rollback_statements ?? before.rollback,
          renewal: values.renew_statements ?? before.renewal,
          ttlSeconds: values.default_ttl ?? before.ttlSeconds,
          maxTtlSeconds: values.max_ttl ?? before.maxTtlSeconds,
        };
        if (!role.database) throw refused("database name is required");
        mustBePassword(values.credential_type, values.credential_config);
        await storage.put(`role/${name}`, role);
        return undefined;
      },
      async delete({ values: { name = "" } }) {
        await storage.delete(`role/${name}`);
        return undefined;
      },
    }),
  ];
}

function shown(role: DatabaseRole): Record<string, unknown> {
  return {
    db_name: role.database,
    creation_statements: role.creation,
    revocation_statements: role.revocation,
    rollback_statements: role.rollback,
    renew_statements: role.renewal,
    default_ttl: role.ttlSeconds,
    max_ttl: role.maxTtlSeconds,
    credential_type: "password",
  };
}
