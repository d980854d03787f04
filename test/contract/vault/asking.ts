/** A Vault, and who asks it. */
export interface Asked {
  address: string;
  token: string;
}

export interface Told {
  status: number;
  /** Parsed, without what names the request; null where there was none. */
  body: unknown;
}

export interface AskOptions {
  /** Default: the root token; "" for none. */
  token?: string | undefined;
  /** Wraps the answer for so long. */
  wrap?: string | undefined;
}

/**
 * One question below /v1/.
 *
 * @example await ask(vault, "LIST secret/metadata"); await ask(vault, "POST secret/data/a", { data: { b: 1 } });
 */
export async function ask(vault: Asked, what: string, body?: unknown, options: AskOptions = {}): Promise<Told> {
  const [method = "GET", path = ""] = what.split(/ (.*)/s, 2);
  const { token = vault.token, wrap } = options;
  const answer = await fetch(`${vault.address}/v1/${path}`, {
    method,
    headers: { ...(token && { "X-Vault-Token": token }), ...(wrap && { "X-Vault-Wrap-TTL": wrap }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text ? known(JSON.parse(text) as Record<string, unknown>) : null };
}

/** The `data` of an answer that must have one. */
export function dataOf({ status, body }: Told): Record<string, unknown> {
  const data = (body as { data?: Record<string, unknown> } | null)?.data;
  if (!data) throw new Error(`no data in ${status} ${JSON.stringify(body)}`);
  return data;
}

/** The token that a login's answer brought. */
export function tokenOf({ status, body }: Told): string {
  const token = (body as { auth?: { client_token?: string } } | null)?.auth?.client_token;
  if (!token) throw new Error(`no token in ${status} ${JSON.stringify(body)}`);
  return token;
}

function known({ request_id: _, ...body }: Record<string, unknown>): unknown {
  return body;
}
