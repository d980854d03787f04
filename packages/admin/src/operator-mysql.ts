import { Secret } from "@minicluster/core";
import { invalidOption } from "./error.ts";
import { hostAndPort } from "./host-and-port.ts";
import type { MysqlAdmin } from "./mysql-admin.ts";

/** MySQL's administrator; without a host, that is Consul's to tell. */
export type MysqlEnvironment = Omit<MysqlAdmin, "host"> & { host: string | undefined };

/**
 * MySQL's administrator from MYSQL_ADMIN_URL, or MYSQL_ADMIN_USER and MYSQL_ADMIN_PASSWORD.
 *
 * @param named its address where the operator named it: `host:port`
 * @throws AdminError `ADMIN_INVALID_OPTION`, naming the variable, never its value
 */
export function mysqlFromEnv(
  env: Readonly<Record<string, string | undefined>>,
  named: string | undefined,
): MysqlEnvironment {
  const { MYSQL_ADMIN_URL: url, MYSQL_ADMIN_USER: user, MYSQL_ADMIN_PASSWORD: password } = env;
  const address = named === undefined ? undefined : hostAndPort(named);
  if (named !== undefined && !address) {
    throw invalidOption(`mysql: ${JSON.stringify(named)} is not valid; write host:port, such as 10.0.0.4:3306`);
  }
  if (url && (user || password)) {
    throw invalidOption("MYSQL_ADMIN_URL and MYSQL_ADMIN_USER or MYSQL_ADMIN_PASSWORD are set: unset one or the other");
  }
  if (url) return { ...fromUrl(url), ...address };
  if (!user) {
    throw invalidOption(
      "MYSQL_ADMIN_URL: not set; set it to mysql://USER:PASSWORD@HOST:PORT of an account that may create accounts, or set MYSQL_ADMIN_USER and MYSQL_ADMIN_PASSWORD",
    );
  }
  return { host: undefined, adminUser: user, adminPassword: new Secret(password ?? ""), ...address };
}

function fromUrl(text: string): MysqlEnvironment {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "mysql:" || !url.hostname || !url.username || url.search || url.hash) {
    throw invalidOption(
      "MYSQL_ADMIN_URL: not a URL of MySQL; set it to mysql://USER:PASSWORD@HOST:PORT, with special characters %-encoded",
    );
  }
  try {
    return {
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port ? Number(url.port) : 3306,
      adminUser: decodeURIComponent(url.username),
      adminPassword: new Secret(decodeURIComponent(url.password)),
    };
  } catch {
    throw invalidOption("MYSQL_ADMIN_URL: a % in it is not followed by two hexadecimal digits; encode it as %25");
  }
}
