import type { Backend, RoutedRequest } from "./backend.ts";
import type { Barrier } from "./barrier.ts";
import { oneError, VaultFailure } from "./failure.ts";
import type { LogicalAnswer, LogicalRequest } from "./logical.ts";
import type { TokenStore } from "./token-store.ts";

/** A place of each token's own, which ends with the token (Vault's manual, "Cubbyhole secrets engine"). */
export class Cubbyhole implements Backend {
  readonly #tokens: TokenStore;

  constructor(tokens: TokenStore) {
    this.#tokens = tokens;
  }

  async handle({ operation, below, data, token }: RoutedRequest): Promise<LogicalAnswer | undefined> {
    const own = this.#own(token);
    if (operation === "list") return { data: { keys: await own.list(below) } };
    if (below === "") throw new VaultFailure(500, oneError("missing path"));
    if (operation === "read") {
      const found = await own.get<Record<string, unknown>>(below);
      return found && { data: found };
    }
    if (operation === "delete") return void (await own.delete(below));
    if (Object.keys(data).length === 0) throw new VaultFailure(500, oneError("missing data fields"));
    return void (await own.put(below, data));
  }

  open(): boolean {
    return false;
  }

  root(): boolean {
    return false;
  }

  async exists({ token }: LogicalRequest, below: string): Promise<boolean> {
    return (await this.#own(token).get(below)) !== undefined;
  }

  async close(): Promise<void> {}

  #own(token: string): Barrier {
    return this.#tokens.cubbyhole(token);
  }
}
