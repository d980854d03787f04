import { randomBytes } from "node:crypto";
import { Secret } from "@minicluster/core";

/**
 * What a service may do with its own database by default: its rows, and its tables as they grow. Not DROP, so that a
 * service that goes wrong loses rows at most.
 */
export const defaultPrivileges: readonly string[] = [
  "SELECT",
  "INSERT",
  "UPDATE",
  "DELETE",
  "CREATE",
  "ALTER",
  "INDEX",
];

/** A database as GRANT takes it: `_` is a wildcard there (MySQL manual, GRANT, "Database Privileges"), so it is escaped. */
export function grantTarget(database: string): string {
  return `\`${database.replaceAll("_", "\\_")}\`.*`;
}

/** The statements with which Vault makes an account; `{{name}}` and `{{password}}` are its own. */
export function accountStatements(database: string, privileges: readonly string[]): string {
  return (
    "CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'; " +
    `GRANT ${privileges.join(", ")} ON ${grantTarget(database)} TO '{{name}}'@'%';`
  );
}

/** The privileges on a database that a line of SHOW GRANTS names; undefined when the line is about something else. */
export function privilegesIn(line: string, database: string): { privileges: string[]; option: boolean } | undefined {
  const start = line.indexOf(` ON ${grantTarget(database)} TO `);
  if (!line.startsWith("GRANT ") || start < 0) return undefined;
  return { privileges: line.slice(6, start).split(", "), option: line.endsWith("WITH GRANT OPTION") };
}

/** 192 random bits, with a character of every class that password rules ask for, and none that a DSN would read. */
export function randomPassword(): Secret {
  return new Secret(`Aa1-${randomBytes(24).toString("base64url")}`);
}
