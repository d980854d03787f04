import mysql from "mysql2/promise";
import nodeVault from "node-vault";

/** @typedef {Readonly<Record<string, string | undefined>>} Env */

/**
 * What a careful reader of the READMEs of node-vault and mysql2 writes: one login, one read of the credentials, one
 * pool, and node-vault's own timers for the token and for the lease. It knows of no max TTL, no other leader and no
 * other address. Both servers are looked up once in Consul.
 *
 * `close()` ends the pool and the timers; lease and token run out, as those of a program that ends do.
 *
 * @param {{ env: Env, onError?: (error: unknown) => void }} options what a service gets: Consul's address, the login to
 *   Vault, the path of its credentials and its database. `onError` hears of a renewal that failed; the program goes on
 * @returns {Promise<{ pool: import("mysql2/promise").Pool, username: string, close: () => Promise<void> }>}
 * @example const naive = await naiveClient({ env: cluster.env("todo") }); await naive.pool.query("SELECT 1");
 */
export async function naiveClient({ env, onError = () => {} }) {
  const [vaultAt, mysqlAt] = await Promise.all([
    find(env, "vault?tag=active"),
    find(env, env["MYSQL_SERVICE"] ?? "mysql"),
  ]);
  const vault = nodeVault({ endpoint: `http://${vaultAt.host}:${vaultAt.port}` });
  vault.on("token:error:renew", onError);
  vault.on("lease:error:renew", (/** @type {{ error: unknown }} */ { error }) => onError(error));
  const { auth } = await logIn(vault, env);
  vault.token = auth.client_token;
  if (auth.lease_duration > 0) await vault.startTokenRenewal({ ttl: auth.lease_duration });
  const { data, lease_id, lease_duration } = await vault.read(env["MYSQL_CREDENTIALS"] ?? "mysql/creds/todo");
  // A static role has no lease.
  if (lease_id) vault.startLeaseRenewal(lease_id, lease_duration);
  const { username, password } = /** @type {{ username: string, password: string }} */ (data);
  const pool = mysql.createPool({ ...mysqlAt, user: username, password, database: env["MYSQL_DATABASE"] ?? "todo" });
  const close = async () => {
    vault.stopAllRenewals();
    await pool.end();
  };
  return { pool, username, close };
}

/**
 * node-vault has a helper for AppRole, none for app-id.
 *
 * @param {import("node-vault").client} vault
 * @param {Env} env
 * @returns {Promise<{ auth: { client_token: string, lease_duration: number } }>}
 */
async function logIn(vault, env) {
  const { VAULT_APP_ID: app_id, VAULT_USER_ID: user_id, VAULT_ROLE_ID: role_id, VAULT_SECRET_ID: secret_id } = env;
  if (app_id !== undefined) return await vault.write("auth/app-id/login", { app_id, user_id });
  return await vault.approleLogin({ role_id, secret_id });
}

/**
 * @param {Env} env
 * @param {string} service
 */
async function find(env, service) {
  const agent = (env["CONSUL_HTTP_ADDR"] ?? "127.0.0.1:8500").replace(/^(?!http)/, "http://");
  const answer = await fetch(`${agent}/v1/health/service/${service}${service.includes("?") ? "&" : "?"}passing`);
  const [found] = /** @type {{ Service: { Address: string, Port: number } }[]} */ (await answer.json());
  if (!found) throw new Error(`Consul knows no healthy instance of ${service}`);
  return { host: found.Service.Address || "127.0.0.1", port: found.Service.Port };
}
