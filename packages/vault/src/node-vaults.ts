import nodeVault from "node-vault";
import type { Json } from "./answer.ts";
import { encodePath } from "./path.ts";
import type { VaultRequest } from "./request.ts";
import { type Passage, transport } from "./transport.ts";

type NodeVault = ReturnType<typeof nodeVault>;

/** node-vault, one a node: its commands, URLs and namespaces over our own transport. It holds no token. */
export class NodeVaults {
  readonly #namespace: string;
  readonly #clients = new Map<string, NodeVault>();

  constructor(namespace: string | undefined) {
    this.#namespace = namespace ?? "";
  }

  async send(address: string, request: VaultRequest, passage: Passage): Promise<Json | undefined> {
    const client = this.#client(address);
    const path = encodePath(request.path);
    const headers: Record<string, string> = {};
    if (request.wrapMs !== undefined) headers["x-vault-wrap-ttl"] = `${Math.ceil(request.wrapMs / 1_000)}s`;
    const options = { passage, headers };
    switch (request.method) {
      case "GET":
        return await client.read(path, options);
      case "LIST":
        return await client.list(path, options);
      case "DELETE":
        return await client.delete(path, options);
      case "PATCH":
        return await client.update(path, request.body ?? {}, options);
      default:
        return await client.write(path, request.body ?? {}, options);
    }
  }

  #client(address: string): NodeVault {
    const known = this.#clients.get(address);
    if (known) return known;
    const client = nodeVault({
      apiVersion: "v1",
      endpoint: address,
      noCustomHTTPVerbs: true,
      // Its own would print tokens and bodies when DEBUG is set.
      debug: () => {},
      "request-promise": transport,
    });
    // Left to itself it takes these from the process's environment.
    Object.assign(client, { token: "", namespace: this.#namespace, pathPrefix: "" });
    this.#clients.set(address, client);
    return client;
  }
}
