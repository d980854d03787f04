import type { Json } from "./vault-call.ts";
import { json } from "./vault-call.ts";

/** `mysql`: the engine of Vault before 1.14, as the first clusters used it. `database`: its successor. */
export type EngineName = "mysql" | "database";

/** What Vault needs to know of MySQL and of one role. Lives are whole seconds. */
export interface EngineSettings {
  mount: string;
  role: string;
  account: string;
  host: string;
  port: number;
  leaseSeconds: number;
  maxSeconds: number;
  statements: string;
}

/** One thing that lies at a path in Vault: what to write there, and whether what is there is already that. */
export interface Entry {
  step: string;
  path: string;
  body: Json;
  /** Whether `data`, as Vault shows it, is what `body` says. */
  matches: (data: Json) => boolean;
}

/** How one engine is set up. */
export interface Engine {
  /** Where it is mounted by default. */
  mount: string;
  /** How Vault reaches MySQL. `matches` sees what of it Vault shows. */
  connection: (settings: EngineSettings, data: Json | undefined) => Entry;
  /** The password goes in here when it changes. */
  withPassword: (body: Json, password: string) => Json;
  entries: (settings: EngineSettings) => Entry[];
}

/** The name of MySQL's connection within the database engine. */
const connectionName = "mysql";

export const engines: Readonly<Record<EngineName, Engine>> = {
  mysql: {
    mount: "mysql",
    connection: ({ mount, account, host, port }) => ({
      step: `connection ${mount}`,
      path: `${mount}/config/connection`,
      body: { connection_url: `${account}@tcp(${bracketed(host)}:${port})/` },
      // This engine doesn't show its connection; whether it works is found out by issuing credentials.
      matches: () => true,
    }),
    withPassword: (body, password) => ({
      connection_url: String(body["connection_url"]).replace("@tcp(", () => `:${password}@tcp(`),
    }),
    entries: ({ mount, role, leaseSeconds, maxSeconds, statements }) => [
      {
        step: `lease ${mount}`,
        path: `${mount}/config/lease`,
        body: { lease: `${leaseSeconds}s`, lease_max: `${maxSeconds}s` },
        matches: (data) => goSeconds(data["lease"]) === leaseSeconds && goSeconds(data["lease_max"]) === maxSeconds,
      },
      {
        step: `role ${mount}/${role}`,
        path: `${mount}/roles/${role}`,
        body: { sql: statements },
        matches: (data) => data["sql"] === statements,
      },
    ],
  },
  database: {
    mount: "database",
    connection: ({ mount, role, account, host, port }, data) => {
      const url = `{{username}}:{{password}}@tcp(${bracketed(host)}:${port})/`;
      const allowed = Array.isArray(data?.["allowed_roles"]) ? data["allowed_roles"].map(String) : [];
      return {
        step: `connection ${mount}/${connectionName}`,
        path: `${mount}/config/${connectionName}`,
        body: {
          plugin_name: "mysql-database-plugin",
          connection_url: url,
          username: account,
          allowed_roles: allowed.includes(role) || allowed.includes("*") ? allowed : [...allowed, role],
        },
        matches: (shown) => {
          const details = json(shown["connection_details"]);
          return (
            shown["plugin_name"] === "mysql-database-plugin" &&
            details?.["connection_url"] === url &&
            details["username"] === account &&
            (allowed.includes(role) || allowed.includes("*"))
          );
        },
      };
    },
    withPassword: (body, password) => ({ ...body, password }),
    entries: ({ mount, role, leaseSeconds, maxSeconds, statements }) => [
      {
        step: `role ${mount}/${role}`,
        path: `${mount}/roles/${role}`,
        body: {
          db_name: connectionName,
          creation_statements: [statements],
          default_ttl: leaseSeconds,
          max_ttl: maxSeconds,
        },
        matches: (data) =>
          data["db_name"] === connectionName &&
          data["default_ttl"] === leaseSeconds &&
          data["max_ttl"] === maxSeconds &&
          Array.isArray(data["creation_statements"]) &&
          data["creation_statements"].join("\n") === statements,
      },
    ],
  },
};

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Seconds in a duration as Go prints it, such as `24h0m0s`; undefined for anything else. */
export function goSeconds(value: unknown): number | undefined {
  const match = typeof value === "string" ? /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(value) : null;
  if (!match || match[0] === "") return undefined;
  return Number(match[1] ?? 0) * 3_600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
}
