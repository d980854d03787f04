import mysql, { type Pool } from "mysql2/promise";
import nodeVault, { type client as NodeVaultClient } from "node-vault";

export interface NaiveClientOptions {
  /** What a service gets: Consul's address, the login to Vault, the path of its credentials and its database. */
  env: Readonly<Record<string, string | undefined>>;
  /** Hears of a renewal that failed; the program goes on. Default: nobody does. */
  onError?: (error: unknown) => void;
}

/** A pool as many services have it. */
export interface NaiveClient {
  readonly pool: Pool;
  readonly username: string;
  /** Ends the pool and the timers of node-vault; leaves lease and token to run out, as a program that ends does. */
  close(): Promise<void>;
}

/**
 * What a careful reader of the READMEs of node-vault and mysql2 writes: one login, one read of the credentials, one
 * pool, and node-vault's own timers for the token and for the lease. It knows of no max TTL, no other leader and no
 * other address. Both servers are looked up once in Consul.
 *
 * @example const naive = await naiveClient({ env: cluster.env("todo") }); await naive.pool.query("SELECT 1");
 */
export async function naiveClient({ env, onError = () => {} }: NaiveClientOptions): Promise<NaiveClient> {
  const [vaultAt, mysqlAt] = await Promise.all([
    find(env, "vault?tag=active"),
    find(env, env["MYSQL_SERVICE"] ?? "mysql"),
  ]);
  const vault = nodeVault({ endpoint: `http://${vaultAt.host}:${vaultAt.port}` });
  vault.on("token:error:renew", onError);
  vault.on("lease:error:renew", ({ error }: { error: unknown }) => onError(error));
  const { auth } = await logIn(vault, env);
  vault.token = auth.client_token;
  if (auth.lease_duration > 0) await vault.startTokenRenewal({ ttl: auth.lease_duration });
  const { data, lease_id, lease_duration } = await vault.read(env["MYSQL_CREDENTIALS"] ?? "mysql/creds/todo");
  vault.startLeaseRenewal(lease_id, lease_duration);
  const { username, password } = data as { username: string; password: string };
  const pool = mysql.createPool({ ...mysqlAt, user: username, password, database: env["MYSQL_DATABASE"] ?? "todo" });
  const close = async (): Promise<void> => {
    vault.stopAllRenewals();
    await pool.end();
  };
  return { pool, username, close };
}

interface LoggedIn {
  auth: { client_token: string; lease_duration: number };
}

/** node-vault has a helper for AppRole, none for app-id. */
async function logIn(vault: NodeVaultClient, env: NaiveClientOptions["env"]): Promise<LoggedIn> {
  const { VAULT_APP_ID: app_id, VAULT_USER_ID: user_id, VAULT_ROLE_ID: role_id, VAULT_SECRET_ID: secret_id } = env;
  if (app_id !== undefined) return await vault.write("auth/app-id/login", { app_id, user_id });
  return await vault.approleLogin({ role_id, secret_id });
}

async function find(env: NaiveClientOptions["env"], service: string): Promise<{ host: string; port: number }> {
  const agent = (env["CONSUL_HTTP_ADDR"] ?? "127.0.0.1:8500").replace(/^(?!http)/, "http://");
  const answer = await fetch(`${agent}/v1/health/service/${service}${service.includes("?") ? "&" : "?"}passing`);
  const [found] = (await answer.json()) as { Service: { Address: string; Port: number } }[];
  if (!found) throw new Error(`Consul knows no healthy instance of ${service}`);
  return { host: found.Service.Address || "127.0.0.1", port: found.Service.Port };
}
