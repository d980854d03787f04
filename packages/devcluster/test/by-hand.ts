type Env = Readonly<Record<string, string>>;

/** What the SDK does, by hand, so that nothing of it is needed here: Vault out of Consul, and a login. */
export async function logIn(
  env: Env,
): Promise<{ vault: string; headers: Record<string, string>; policies: readonly string[] }> {
  const [vault] = await found(env, "vault", "?passing&tag=active");
  const login = env["VAULT_APP_ID"]
    ? { path: "app-id", body: { app_id: env["VAULT_APP_ID"], user_id: env["VAULT_USER_ID"] } }
    : { path: "approle", body: { role_id: env["VAULT_ROLE_ID"], secret_id: env["VAULT_SECRET_ID"] } };
  const url = `http://${vault}/v1/auth/${login.path}/login`;
  const { auth } = await json(url, { method: "PUT", body: JSON.stringify(login.body) });
  return { vault: `http://${vault}`, headers: { "X-Vault-Token": auth.client_token }, policies: auth.policies };
}

/** Credentials of a service, and where MySQL is. */
export async function credentialsOf(
  env: Env,
): Promise<{ username: string; password: string; address: { host: string; port: number } }> {
  const { vault, headers } = await logIn(env);
  const { data } = await json(`${vault}/v1/${env["MYSQL_CREDENTIALS"]}`, { headers });
  const [address = ""] = await found(env, env["MYSQL_SERVICE"] ?? "", "?passing");
  const [host = "", port = ""] = address.split(":");
  return { ...data, address: { host, port: Number(port) } };
}

async function found(env: Env, service: string, query: string): Promise<string[]> {
  const instances = await json(`${env["CONSUL_HTTP_ADDR"]}/v1/health/service/${service}${query}`);
  return (instances as { Service: { Address: string; Port: number } }[]).map(
    ({ Service }) => `${Service.Address}:${Service.Port}`,
  );
}

// biome-ignore lint/suspicious/noExplicitAny: what the servers answer
async function json(url: string, init: RequestInit = {}): Promise<any> {
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return await answer.json();
}
