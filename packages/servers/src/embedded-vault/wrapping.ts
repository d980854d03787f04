import type { ActiveVault } from "./active-vault.ts";
import { VaultFailure } from "./failure.ts";
import { bodyOf } from "./http-answer.ts";
import type { AnswerWrapInfo, LogicalAnswer, LogicalRequest } from "./logical.ts";
import type { TokenEntry } from "./token-entry.ts";
import { goTime, wholeSeconds } from "./vault-duration.ts";

/** What lies in a wrapping token's cubbyhole. */
export interface Wrapped {
  readonly response: unknown;
  readonly createdMs: number;
  readonly ttlMs: number;
  readonly path: string;
}

const invalid = "wrapping token is not valid or does not exist";
const own: ReadonlySet<string> = new Set(["sys/wrapping/unwrap", "sys/wrapping/lookup", "sys/wrapping/rewrap"]);

/** Answers that are handed out once, for a token (Vault's manual, "Response wrapping"). */
export class Wrapping {
  readonly #vault: ActiveVault;

  constructor(vault: ActiveVault) {
    this.#vault = vault;
  }

  /** An answer in a token's cubbyhole, and what the caller gets in its place. */
  async wrap(request: LogicalRequest, answer: LogicalAnswer): Promise<LogicalAnswer> {
    if (answer.wrapInfo) return answer;
    if (request.path.startsWith("sys/") && answer.raw !== undefined) return answer;
    const accessor = answer.auth?.accessor ?? accessorOf(answer);
    const response = answer.raw ?? bodyOf(request.id, answer);
    const wrapped = { response, path: request.path, ttlMs: request.wrapTtlMs };
    return { wrapInfo: await this.store(wrapped, accessor), warnings: answer.warnings };
  }

  async store(wrapped: Omit<Wrapped, "createdMs">, wrappedAccessor?: string): Promise<AnswerWrapInfo> {
    const { tokens, clock } = this.#vault;
    const createdMs = clock.now();
    const token = await tokens.create({
      parent: "",
      policies: ["response-wrapping"],
      path: wrapped.path,
      meta: null,
      displayName: "",
      numUses: 1,
      ttlMs: wrapped.ttlMs,
      explicitMaxTtlMs: wrapped.ttlMs,
      periodMs: 0,
    });
    await tokens.cubbyhole(token.id).put("response", { ...wrapped, createdMs });
    return {
      token: token.id,
      accessor: token.accessor,
      ttl: wholeSeconds(wrapped.ttlMs),
      creation_time: goTime(createdMs),
      creation_path: wrapped.path,
      ...(wrappedAccessor && { wrapped_accessor: wrappedAccessor }),
    };
  }

  /** The token that `sys/wrapping/…` is about: the one in the body, else the caller's own. @throws VaultFailure 400 */
  async find(request: LogicalRequest): Promise<{ token: TokenEntry; wrapped: Wrapped }> {
    const given = request.data["token"];
    const id = typeof given === "string" && given !== "" ? given : request.token;
    if (id === "") throw new VaultFailure(500, "error validating wrapping token: token is empty");
    const token = await this.#vault.tokens.own(id);
    const wrapped = token && (await this.#vault.tokens.cubbyhole(id).get<Wrapped>("response"));
    if (!token?.policies.includes("response-wrapping") || !wrapped) throw new VaultFailure(400, invalid);
    return { token, wrapped };
  }

  /** A caller without a token of his own speaks with the wrapping token. @throws VaultFailure 400 for one that is none */
  async swapped(request: LogicalRequest): Promise<LogicalRequest> {
    if (!own.has(request.path)) return request;
    const { token } = await this.find(request);
    return request.token === "" ? { ...request, token: token.id } : request;
  }
}

function accessorOf({ data }: LogicalAnswer): string | undefined {
  const accessor = data?.["secret_id_accessor"];
  return typeof accessor === "string" ? accessor : undefined;
}
