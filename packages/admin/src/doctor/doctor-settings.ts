import { readFileSync } from "node:fs";
import { Secret } from "@minicluster/core";
import { type ConsulOptions, consulOptionsFromEnv } from "@minicluster/discovery";
import { type AuthMethod, type VaultEnvironment, vaultOptionsFromEnv } from "@minicluster/vault";
import { invalidOption } from "../error.ts";
import { hostAndPort } from "../host-and-port.ts";
import type { Findings } from "./finding.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Settings in place of what the environment says. */
export interface DoctorOverrides {
  /** The path in Vault that the service reads its credentials from. Default: MYSQL_CREDENTIALS. */
  credentials?: string | undefined;
  /** The pool's database. Default: MYSQL_DATABASE. */
  database?: string | undefined;
  /** MySQL's address, `host:port`. Default: what Consul knows as MYSQL_SERVICE. */
  mysql?: string | undefined;
}

/** A service's environment. What is wrong in it is undefined here, and a finding. */
export interface DoctorSettings {
  env: Env;
  consul: ConsulOptions | undefined;
  vault: Pick<VaultEnvironment, "address" | "ca" | "namespace"> | undefined;
  /** A service that neither logs in nor reads credentials needs none. */
  usesVault: boolean;
  auth: AuthMethod | undefined;
  /** A wrapping token around the secret-id: it works once, so it is not used. */
  wrapped: Secret | undefined;
  /** It logs in by VAULT_TOKEN, which belongs to somebody else. */
  borrowedToken: boolean;
  /** VAULT_TOKEN, for what only an operator may ask. */
  operatorToken: Secret | undefined;
  credentials: CredentialsPath | undefined;
  database: string | undefined;
  mysqlService: string;
  mysqlAddress: { host: string; port: number } | undefined;
}

/** `MOUNT/creds/ROLE` or `MOUNT/static-creds/ROLE`. */
export interface CredentialsPath {
  path: string;
  mount: string;
  role: string;
  /** The account of a static role is there before and after; it has no lease. */
  isStatic: boolean;
}

const loginNames = [
  ...["VAULT_APP_ID", "VAULT_USER_ID", "VAULT_USER_ID_FILE", "VAULT_TOKEN"],
  ...["VAULT_ROLE_ID", "VAULT_SECRET_ID", "VAULT_SECRET_ID_FILE", "VAULT_WRAPPED_SECRET_ID"],
] as const;
const databasePattern = /^[\w$-]{1,64}$/;
const servicePattern = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** @throws AdminError `ADMIN_INVALID_OPTION` for what is wrong in the overrides */
export function doctorSettings(env: Env, overrides: DoctorOverrides, findings: Findings): DoctorSettings {
  checkOverrides(overrides);
  const { VAULT_ADDR, VAULT_CACERT, VAULT_NAMESPACE, VAULT_TOKEN } = env;
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      findings.failure("settings", (error as Error).message, "correct the variables that this names");
      return undefined;
    }
  };
  const consul = attempt(() => consulOptionsFromEnv(env, (path) => readFileSync(path, "utf8")));
  // Where Vault is can be right while the login is wrong.
  const place = attempt(() => vaultOptionsFromEnv({ VAULT_ADDR, VAULT_CACERT, VAULT_NAMESPACE, VAULT_TOKEN: "none" }));
  const asked = overrides.credentials !== undefined || env["MYSQL_CREDENTIALS"] || VAULT_ADDR;
  const usesVault = Boolean(asked) || loginNames.some((name) => env[name]);
  const login = place && usesVault ? attempt(() => vaultOptionsFromEnv(env).auth) : undefined;
  const wrapping = env["VAULT_WRAPPED_SECRET_ID"];
  const { address, ca, namespace } = place ?? {};
  return {
    env,
    consul,
    vault: place && { ...(address && { address }), ...(ca && { ca }), ...(namespace && { namespace }) },
    usesVault,
    auth: login,
    wrapped: wrapping ? new Secret(wrapping) : undefined,
    borrowedToken: login?.repeatable === false,
    operatorToken: VAULT_TOKEN && /^[\x21-\x7e]{1,4096}$/.test(VAULT_TOKEN) ? new Secret(VAULT_TOKEN) : undefined,
    credentials: credentialsFrom(overrides.credentials ?? env["MYSQL_CREDENTIALS"], findings),
    database: databaseFrom(overrides.database ?? env["MYSQL_DATABASE"], findings),
    mysqlService: serviceFrom(env["MYSQL_SERVICE"], findings),
    mysqlAddress: overrides.mysql === undefined ? undefined : hostAndPort(overrides.mysql),
  };
}

/** The parts of a path of credentials; undefined where it is none. */
export function credentialsPath(path: string): CredentialsPath | undefined {
  const match = /^([\w-]+(?:\/[\w-]+)*)\/(static-)?creds\/([\w.-]+)$/.exec(path);
  const [, mount, fixed, role] = match ?? [];
  if (mount === undefined || role === undefined || /^\.+$/.test(role)) return undefined;
  return { path, mount, role, isStatic: fixed !== undefined };
}

/** What the settings may be, by what they are called. */
const says = {
  credentials: "write the path in Vault that gives MySQL credentials, such as mysql/creds/todo",
  database: "write up to 64 letters, digits, _, $ and -",
  mysql: "write host:port, such as 10.0.0.4:3306",
} as const;

/** Before anything is found: a wrong option is the caller's mistake, not the cluster's. */
function checkOverrides({ credentials, database, mysql }: DoctorOverrides): void {
  const check = (name: keyof typeof says, text: string | undefined, right: (text: string) => boolean): void => {
    if (text !== undefined && !right(text)) throw invalidOption(`${name}: ${quoted(text)} is not valid; ${says[name]}`);
  };
  check("credentials", credentials, (text) => credentialsPath(text) !== undefined);
  check("database", database, (text) => databasePattern.test(text));
  check("mysql", mysql, (text) => hostAndPort(text) !== undefined);
}

function credentialsFrom(text: string | undefined, findings: Findings): CredentialsPath | undefined {
  const found = text ? credentialsPath(text) : undefined;
  if (text && !found) {
    findings.failure("settings", `MYSQL_CREDENTIALS: ${quoted(text)} is no path of credentials`, says.credentials);
  }
  return found;
}

function databaseFrom(text: string | undefined, findings: Findings): string | undefined {
  if (!text || databasePattern.test(text)) return text || undefined;
  findings.failure("settings", `MYSQL_DATABASE: ${quoted(text)} is no database's name`, says.database);
  return undefined;
}

function serviceFrom(text: string | undefined, findings: Findings): string {
  if (!text || servicePattern.test(text)) return text || "mysql";
  findings.failure("settings", `MYSQL_SERVICE: ${quoted(text)} is no service's name`, "write MySQL's name in Consul");
  return "mysql";
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
