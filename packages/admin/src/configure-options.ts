import { type Clock, type Duration, durationMs, Secret } from "@minicluster/core";
import type { VaultClient } from "@minicluster/vault";
import type { AuthName } from "./auth-method.ts";
import { invalidOption } from "./error.ts";
import type { MysqlAdmin } from "./mysql-admin.ts";
import { named, oneOf, seconds, whole } from "./names.ts";
import { type EngineName, type EngineSettings, engines } from "./secrets-engine.ts";
import { accountStatements, defaultPrivileges } from "./sql.ts";
import type { Step } from "./step.ts";

export interface ConfigureClusterOptions {
  /** With an operator's token. */
  vault: VaultClient;
  mysql: MysqlAdmin;
  /** The service that gets credentials; also the name of its role and policy. Default `todo`. */
  service?: string | undefined;
  /** Default: the service's name, with `_` for `-`. */
  database?: string | undefined;
  /** Default `app-id`. Vault 1.13 and later have AppRole only. */
  auth?: AuthName | undefined;
  /** Default: `mysql` with app-id, `database` with AppRole. */
  engine?: EngineName | undefined;
  /** Where the engine is mounted. Default: its name. */
  mount?: string | undefined;
  /** The life of credentials. Default 1m. With the engine `mysql` it is one for all services. */
  leaseTtl?: Duration | undefined;
  /** The longest that renewing makes it. Default 24h. */
  maxTtl?: Duration | undefined;
  /** The life of a service's token; a credential's lease ends with it at the latest. Default 1h. */
  tokenTtl?: Duration | undefined;
  /** Default 24h. */
  tokenMaxTtl?: Duration | undefined;
  /** What the service may do in its database. Default SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX. */
  privileges?: readonly string[] | undefined;
  /** app-id: the operator's own. Default: a random one, kept in Vault for `provisionService`. */
  appId?: Secret | string | undefined;
  /** Gives Vault's account a new password even where the old one works. */
  rotatePassword?: boolean | undefined;
  /** How long to wait for an active Vault. Default 15 s. */
  wait?: Duration | undefined;
  onStep?: ((step: Step) => void) | undefined;
  clock?: Clock | undefined;
  signal?: AbortSignal | undefined;
}

/** The options with their defaults, checked. */
export interface ConfigureSettings extends EngineSettings {
  service: string;
  database: string;
  auth: AuthName;
  engine: EngineName;
  accountHost: string;
  privileges: readonly string[];
  tokenSeconds: number;
  tokenMaxSeconds: number;
}

/** @throws AdminError `ADMIN_INVALID_OPTION` for the first that is wrong; MiniclusterError `INVALID_DURATION` */
export function configureSettings(
  options: Omit<ConfigureClusterOptions, "vault" | "mysql"> & {
    mysql: Omit<MysqlAdmin, "adminUser" | "adminPassword">;
  },
): ConfigureSettings {
  const { mysql } = options;
  const service = named("service", "service", options.service ?? "todo");
  const database = named("database", "database", options.database ?? service.replaceAll("-", "_"));
  if (/^(mysql|sys|information_schema|performance_schema)$/i.test(database)) {
    throw invalidOption(`database: ${database} belongs to the server itself; name one of the service's own`);
  }
  const auth = oneOf("auth", options.auth ?? "app-id", ["app-id", "approle"]);
  const engine = oneOf("engine", options.engine ?? (auth === "app-id" ? "mysql" : "database"), ["mysql", "database"]);
  const privileges = (options.privileges ?? defaultPrivileges).map((one) => named("privilege", "privileges", one));
  if (privileges.length === 0) throw invalidOption("privileges: name at least one, such as SELECT");
  if (options.appId !== undefined) named("identifier", "appId", Secret.of(options.appId).reveal());
  whole("mysql.port", mysql.port ?? 3306, [1, 65_535]);
  durationMs(options.wait ?? 0, "wait");
  const settings: ConfigureSettings = {
    service,
    database,
    auth,
    engine,
    privileges,
    mount: named("mount", "mount", options.mount ?? engines[engine].mount),
    role: service,
    account: named("account", "mysql.account", mysql.account ?? "vaultadmin"),
    accountHost: named("accountHost", "mysql.accountHost", mysql.accountHost ?? "%"),
    host: named("host", "mysql.vaultHost", mysql.vaultHost ?? mysql.host),
    port: whole("mysql.vaultPort", mysql.vaultPort ?? mysql.port ?? 3306, [1, 65_535]),
    leaseSeconds: seconds("leaseTtl", options.leaseTtl ?? "1m"),
    maxSeconds: seconds("maxTtl", options.maxTtl ?? "24h"),
    tokenSeconds: seconds("tokenTtl", options.tokenTtl ?? "1h"),
    tokenMaxSeconds: seconds("tokenMaxTtl", options.tokenMaxTtl ?? "24h"),
    statements: accountStatements(database, privileges),
  };
  inOrder("leaseTtl", settings.leaseSeconds, ["the max TTL", settings.maxSeconds]);
  inOrder("tokenTtl", settings.tokenSeconds, ["the token's max TTL", settings.tokenMaxSeconds]);
  return settings;
}

function inOrder(setting: string, value: number, [longer, limit]: readonly [string, number]): void {
  if (value > limit) throw invalidOption(`${setting}: ${value}s is longer than ${longer}, ${limit}s`);
}

/**
 * Whether `configureCluster` would take these options: for whoever starts servers first.
 *
 * @throws AdminError `ADMIN_INVALID_OPTION` for the first that is wrong; MiniclusterError `INVALID_DURATION`
 */
export function checkConfigureOptions(options: Omit<ConfigureClusterOptions, "vault" | "mysql">): void {
  configureSettings({ ...options, mysql: { host: "localhost" } });
}
