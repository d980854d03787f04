import { type Clock, Deadline, kindOf, MiniclusterError, retry, withDeadline } from "@minicluster/core";
import type { Json } from "./answer.ts";
import type { VaultClient } from "./client.ts";
import { VaultError } from "./error.ts";
import { mayIssue, type VaultRequest } from "./request.ts";
import type { TokenHold } from "./token-hold.ts";
import type { TokenKeeper } from "./token-keeper.ts";

/** An answer, and the token it was given to. */
export interface Authorized {
  body: Json | undefined;
  hold: TokenHold;
  /** Passes so long after the request went out: not counting any wait for a token before it. */
  after: (ms: number) => Deadline;
}

/** No login because of this path again for so long, after one that did not help. */
const pathQuietMs = 600_000;
/** Nor because of any other path. */
const quietMs = 60_000;
const longestMemory = 1_000;

/** The capability a method needs (Vault's manual, "Policies", "Capabilities"). */
const capabilities: Readonly<Record<VaultRequest["method"], string>> = {
  GET: '"read"',
  LIST: '"list"',
  POST: '"create" or "update"',
  PUT: '"create" or "update"',
  PATCH: '"patch"',
  DELETE: '"delete"',
};

/** Requests under the kept token. A 403 leads to one login and one more try; a login that did not help isn't repeated. */
export class AuthorizedRequests {
  readonly #client: VaultClient;
  readonly #token: TokenKeeper;
  readonly #clock: Clock;
  readonly #random: (() => number) | undefined;
  readonly #denied = new Map<string, Deadline>();
  #quiet: Deadline;

  constructor(options: { client: VaultClient; token: TokenKeeper; clock: Clock; random?: (() => number) | undefined }) {
    this.#client = options.client;
    this.#token = options.token;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#quiet = new Deadline(this.#clock, 0);
  }

  /** One try over the nodes, for the loops that have a backoff of their own. */
  async once(request: VaultRequest): Promise<Authorized> {
    const hold = await this.#token.ready({ signal: request.signal });
    try {
      return await this.#under(hold, request);
    } catch (error) {
      if (!isDenied(error)) throw error;
      return await this.#again(request, hold, error);
    }
  }

  /**
   * Tries until the deadline while Vault is away, unless repeating might make something twice.
   *
   * @throws VaultError; the signal's reason when aborted
   */
  async patiently(request: VaultRequest): Promise<Authorized> {
    const { signal, timeoutMs: ms = this.#client.timeoutMs } = request;
    const phase = request.phase ?? `${request.method} ${request.path}`;
    const issues = mayIssue(request);
    let last: unknown;
    const retryable = (error: unknown): boolean => {
      last = error;
      return kindOf(error) === "unreachable" && !(issues && error instanceof VaultError && error.mayHaveIssued);
    };
    try {
      return await withDeadline({ clock: this.#clock, ms, phase, signal }, (until) =>
        retry(
          { clock: this.#clock, ...(this.#random && { random: this.#random }), signal: until, capMs: 1_000, retryable },
          () => this.once({ ...request, signal: until }),
        ),
      );
    } catch (error) {
      if (!(error instanceof MiniclusterError) || error.code !== "TIMED_OUT") throw error;
      throw last ?? this.#token.lastError ?? this.#late({ phase, ms, path: request.path, issues });
    }
  }

  async #under(hold: TokenHold, request: VaultRequest): Promise<Authorized> {
    const asked = new Deadline(this.#clock, 0);
    const body = await this.#client.request({ ...request, token: hold.token });
    return { body, hold, after: (ms) => new Deadline(this.#clock, ms + asked.remainingMs) };
  }

  #late(call: { phase: string; ms: number; path: string; issues: boolean }): VaultError {
    const { phase, ms, path, issues } = call;
    const what = this.#token.current ? "no answer" : `no token: no answer to the ${this.#token.name}`;
    const mayHaveIssued = issues && this.#token.current !== undefined;
    const message = `${phase}: ${what} within ${ms} ms`;
    return new VaultError({ code: "VAULT_UNREACHABLE", kind: "unreachable", message, path, mayHaveIssued });
  }

  async #again(request: VaultRequest, rejected: TokenHold, denied: VaultError): Promise<Authorized> {
    const { path, method, signal } = request;
    const key = `${method} ${path}`;
    const moved = this.#token.current !== rejected;
    if (!moved && (!this.#quiet.passed || this.#denied.get(key)?.passed === false)) throw explained(request, denied);
    const hold = await this.#token.logInAnew({ rejected, signal });
    if (hold === rejected) throw explained(request, denied);
    try {
      return await this.#under(hold, request);
    } catch (error) {
      if (!isDenied(error)) throw error;
      this.#quiet = new Deadline(this.#clock, quietMs);
      if (this.#denied.size >= longestMemory) this.#denied.clear();
      this.#denied.set(key, new Deadline(this.#clock, pathQuietMs));
      throw explained(request, error);
    }
  }
}

function isDenied(error: unknown): error is VaultError {
  return error instanceof VaultError && error.code === "VAULT_DENIED";
}

function explained(request: VaultRequest, error: VaultError): VaultError {
  return new VaultError({
    code: "VAULT_DENIED",
    kind: "refused",
    message: `${error.message}: the token's policies lack the capability ${capabilities[request.method]} on path "${request.path}"`,
    status: error.status,
    path: request.path,
  });
}
