import type { VaultFailure } from "../../failure.ts";
import type { MysqlServer } from "../accounts/mysql-server.ts";
import { durationSeconds } from "../routing/go-duration.ts";
import { notDone, refused } from "../routing/refusals.ts";
import { nameGroup, type Route, route } from "../routing/route.ts";
import type { Configuration, Configurations } from "./configurations.ts";
import { usernamesOf } from "./plugins.ts";

const name = nameGroup("name");
const fields = {
  name: "string",
  plugin_name: "string",
  verify_connection: "bool",
  allowed_roles: "strings",
  root_rotation_statements: "lines",
  password_policy: "string",
} as const;

/** `config`, `config/NAME` and `reset/NAME`. */
export function configurationRoutes(configurations: Configurations): Route[] {
  return [
    route({
      path: /^config\/?$/,
      fields: {},
      async list() {
        const keys = await configurations.list();
        return keys.length ? { data: { keys } } : undefined;
      },
    }),
    route({
      path: new RegExp(`^config/${name}$`),
      // Whatever else is written is kept: unknown names are no warning here.
      fields,
      exists: async ({ name: of = "" }) => (await configurations.find(of)) !== undefined,
      async read({ values: { name: of = "" } }) {
        const found = await configurations.find(of);
        return found && { data: shown(found) };
      },
      async write({ values, request }) {
        const { name: of = "", verify_connection = true } = values;
        const before = await configurations.find(of);
        const configuration: Configuration = {
          plugin: values.plugin_name ?? before?.plugin ?? "",
          allowedRoles: values.allowed_roles ?? before?.allowedRoles ?? [],
          rootRotationStatements: values.root_rotation_statements ?? before?.rootRotationStatements ?? [],
          details: { ...before?.details, ...others(request.data) },
        };
        if (!configuration.plugin) throw refused("empty plugin name");
        if (values.password_policy) throw notDone("password_policy");
        mustBeDone(configuration);
        await configurations.put(of, configuration, await opened(configurations, configuration, verify_connection));
        return undefined;
      },
      async delete({ values: { name: of = "" } }) {
        await configurations.delete(of);
        return undefined;
      },
    }),
    route({
      path: new RegExp(`^reset/${name}$`),
      fields: { name: "string" },
      async write({ values: { name: of = "" } }) {
        configurations.disconnect(of);
        await configurations.server(of);
        return undefined;
      },
    }),
  ];
}

const creating = "error creating database object: ";

/** @throws VaultFailure 400, 501 */
function mustBeDone({ plugin, details }: Configuration): void {
  usernamesOf(plugin);
  const undone = Object.keys(details).find((key) => /^(username_template|tls_.*)$/.test(key));
  if (undone) throw notDone(undone);
  if (!details["connection_url"]) throw refused(`${creating}connection_url cannot be empty`);
  try {
    durationSeconds(details["max_connection_lifetime"] ?? 0);
  } catch (error) {
    throw refused(`${creating}invalid max_connection_lifetime: ${(error as VaultFailure).message}`);
  }
}

async function opened(
  configurations: Configurations,
  configuration: Configuration,
  verify: boolean,
): Promise<MysqlServer> {
  const server = configurations.open(configuration);
  if (!verify) return server;
  try {
    await server.verify();
    return server;
  } catch (error) {
    configurations.discard(server);
    throw refused(`${creating}error verifying connection: ${(error as Error).message}`);
  }
}

function others(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !Object.hasOwn(fields, key)));
}

function shown({ plugin, allowedRoles, rootRotationStatements, details }: Configuration): Record<string, unknown> {
  const { password: _, private_key: __, ...connection_details } = details;
  return {
    plugin_name: plugin,
    allowed_roles: allowedRoles,
    connection_details,
    password_policy: "",
    root_credentials_rotate_statements: rootRotationStatements,
  };
}
