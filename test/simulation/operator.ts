import type { EmbeddedVault, EmbeddedVaultReply } from "@minicluster/servers";

type Method = "GET" | "LIST" | "POST" | "PUT" | "DELETE";

/** Whoever runs the cluster: initialises, unseals and configures Vault, without anything in between. */
export class Operator {
  readonly #nodes: readonly EmbeddedVault[];
  #token = "";
  #key = "";

  constructor(nodes: readonly EmbeddedVault[]) {
    this.#nodes = nodes;
  }

  async initialise(): Promise<void> {
    const asked = request("PUT", "sys/init", "", { secret_shares: 1, secret_threshold: 1 });
    const [reply] = await Promise.all(this.#nodes.slice(0, 1).map((node) => node.answer(asked)));
    const { keys, root_token } = (reply?.body ?? {}) as { keys: [string]; root_token: string };
    this.#token = root_token;
    this.#key = keys[0];
  }

  async unseal(node: EmbeddedVault): Promise<void> {
    await node.answer(request("PUT", "sys/unseal", "", { key: this.#key }));
  }

  /** The node that leads, where one does and answers. */
  async leader(): Promise<EmbeddedVault | undefined> {
    for (const node of this.#nodes) if ((await node.status()) === "active") return node;
    return undefined;
  }

  /** Undefined where no node leads. */
  async ask(method: Method, path: string, body?: object): Promise<EmbeddedVaultReply | undefined> {
    const leader = await this.leader();
    return await leader?.answer(request(method, path, this.#token, body)).catch(() => undefined);
  }

  /** Must work. @throws Error with Vault's answer */
  async write(path: string, body: object): Promise<void> {
    const reply = await this.ask("POST", path, body);
    if (!reply || reply.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(reply)}`);
  }

  /** The keys below a path. */
  async list(path: string): Promise<string[]> {
    const reply = await this.ask("LIST", path);
    const { data } = (reply?.body ?? {}) as { data?: { keys?: string[] } };
    return data?.keys ?? [];
  }
}

function request(method: Method, path: string, token: string, body?: object) {
  return {
    method,
    url: `/v1/${path}`,
    headers: { "x-vault-token": token },
    body: body === undefined ? "" : JSON.stringify(body),
  };
}
