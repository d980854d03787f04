import { shortUsername, type UsernameOf, username } from "../accounts/username.ts";
import { notDone, refused } from "../routing/refusals.ts";

/** The plugins that speak MySQL, by how they name accounts. */
const plugins: ReadonlyMap<string, (of: UsernameOf) => string> = new Map([
  ["mysql-database-plugin", username],
  ["mysql-aurora-database-plugin", shortUsername],
  ["mysql-rds-database-plugin", shortUsername],
  ["mysql-legacy-database-plugin", shortUsername],
]);

/** Others that a real Vault has built in. */
const others =
  /^(cassandra|couchbase|elasticsearch|hana|influxdb|mongodb|mongodbatlas|mssql|postgresql|redshift|snowflake)-database-plugin$/;

/**
 * How a plugin names the accounts it makes.
 *
 * @throws VaultFailure 501 for a plugin of another database; 400 for one that nobody knows
 */
export function usernamesOf(plugin: string): (of: UsernameOf) => string {
  const known = plugins.get(plugin);
  if (known) return known;
  if (others.test(plugin)) throw notDone(plugin);
  const unknown = `plugin not found in the catalog: ${plugin}`;
  throw refused(
    `error creating database object: invalid database version: 2 errors occurred:\n\t* ${unknown}\n\t* ${unknown}\n\n`,
  );
}
