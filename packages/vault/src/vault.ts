import {
  type Clock,
  type Duration,
  durationMs,
  type Emitter,
  type Freshness,
  runOnce,
  type Secret,
  systemClock,
} from "@minicluster/core";
import { asJson, headerSecret, type Json, strings } from "./answer.ts";
import type { AuthMethod } from "./auth-method.ts";
import { AuthorizedRequests } from "./authorized.ts";
import { VaultClient, type VaultClientOptions } from "./client.ts";
import { VaultCredentials } from "./credentials.ts";
import { closedError } from "./error.ts";
import type { VaultEvents } from "./events.ts";
import { Kv } from "./kv.ts";
import { encodePath, trimSlashes } from "./path.ts";
import type { VaultRequest } from "./request.ts";
import { TokenKeeper } from "./token-keeper.ts";
import { unwrap } from "./unwrap.ts";

export interface VaultOptions extends Omit<VaultClientOptions, "token"> {
  /** `appId()`, `appRole()` or `token()`. */
  auth: AuthMethod;
  /** How long `close()` may take to revoke what is left. Default 5 s. */
  closeTimeout?: Duration | undefined;
  /** Default `Math.random`. */
  random?: (() => number) | undefined;
}

/** The share of the close timeout that single leases get; the rest is the token's, whose revocation takes leases along. */
const leaseShare = 0.6;

/** Settings of one call. */
export interface VaultCallOptions {
  signal?: AbortSignal | undefined;
  /** Until an answer, over all nodes and tries. Default: the `timeout` of the Vault. */
  timeout?: Duration | undefined;
}

/** How the login and the token are. */
export interface VaultHealth {
  state: Freshness;
  /** The node that answered last. */
  address: string | undefined;
  /** Milliseconds the token lives on; undefined before the first login. */
  tokenRemainingMs: number | undefined;
  /** The message of the last failure, until something succeeds. */
  lastError: string | undefined;
}

/**
 * A login to one logical Vault, kept alive, and what is read through it.
 *
 * @example
 * await using vault = new Vault({ address: "http://127.0.0.1:8200", auth: appId({ appId, userIdFile }) });
 * const secret = await vault.kv("secret", { version: 2 }).get("todo");
 */
export class Vault implements AsyncDisposable {
  readonly events: Emitter<VaultEvents>;
  /** Revokes the leases that are left, then the token it logged in for, within the close timeout. Any number of calls. */
  readonly close: () => Promise<void> = runOnce(() => this.#close());
  readonly #client: VaultClient;
  readonly #token: TokenKeeper;
  readonly #requests: AuthorizedRequests;
  readonly #clock: Clock;
  readonly #random: (() => number) | undefined;
  readonly #timeoutMs: number;
  readonly #closeTimeoutMs: number;
  readonly #credentials = new Set<VaultCredentials>();
  #closed = false;

  /** Does not touch the network. @throws VaultError `VAULT_INVALID_OPTION`; MiniclusterError `INVALID_DURATION` */
  constructor(options: VaultOptions) {
    const { auth, closeTimeout = "5s", random } = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = random;
    this.#closeTimeoutMs = durationMs(closeTimeout, "closeTimeout");
    this.#client = new VaultClient(options);
    this.#timeoutMs = this.#client.timeoutMs;
    this.events = this.#client.events;
    this.#token = new TokenKeeper({ client: this.#client, auth, clock: this.#clock, random });
    this.#requests = new AuthorizedRequests({ client: this.#client, token: this.#token, clock: this.#clock, random });
  }

  /** `fresh`: logged in and the last try worked. `stale`: the last try failed. `expired`: there is no living token. */
  get state(): Freshness {
    return this.#token.state;
  }

  get health(): VaultHealth {
    const { lastError, current } = this.#token;
    return {
      state: this.state,
      address: this.#client.addresses[0],
      tokenRemainingMs: current?.deadline.remainingMs,
      lastError: lastError instanceof Error ? lastError.message : undefined,
    };
  }

  /** Logs in and keeps the token alive, in the background. Any number of calls; every other call does it too. */
  start(): void {
    if (!this.#closed) this.#token.start();
  }

  /** Until logged in. @throws VaultError `VAULT_LOGIN_REFUSED` as soon as it is refused; the signal's reason */
  async ready(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.#use();
    await this.#token.ready(options);
  }

  /** The `data` of a path. @throws VaultError `VAULT_NOT_FOUND`, `VAULT_DENIED`, ... */
  async read(path: string, options: VaultCallOptions = {}): Promise<Json> {
    return asJson((await this.#send({ method: "GET", path }, options))?.["data"]) ?? {};
  }

  /** Writes to a path; resolves to the `data` of the answer, if there is any. */
  async write(path: string, body: Json = {}, options: VaultCallOptions = {}): Promise<Json | undefined> {
    return asJson((await this.#send({ method: "POST", path, body }, options))?.["data"]);
  }

  /** The keys below a path. @throws VaultError `VAULT_NOT_FOUND` where there is none */
  async list(path: string, options: VaultCallOptions = {}): Promise<string[]> {
    return strings(asJson((await this.#send({ method: "LIST", path }, options))?.["data"])?.["keys"]);
  }

  async delete(path: string, options: VaultCallOptions = {}): Promise<void> {
    await this.#send({ method: "DELETE", path }, options);
  }

  /** What a wrapping token holds; it works once. @throws VaultError `VAULT_WRAPPING_GONE` */
  async unwrap(wrapping: string | Secret, options: VaultCallOptions = {}): Promise<Json> {
    this.#use();
    const text = typeof wrapping === "string" ? wrapping : wrapping.reveal();
    const { signal, timeout } = options;
    return await unwrap(this.#client, headerSecret(text, "the wrapping token"), {
      signal,
      timeoutMs: this.#ms(timeout),
    });
  }

  /** A KV mount. @param options `version`: 1 or 2, default 2 */
  kv(mount: string, options: { version?: 1 | 2 | undefined } = {}): Kv {
    this.#use();
    return new Kv({ requests: this.#requests, mount, version: options.version ?? 2 });
  }

  /** The account of `mysql/creds/ROLE`, `database/creds/ROLE` or `database/static-creds/ROLE`, kept alive. */
  credentials(path: string): VaultCredentials {
    this.#use();
    encodePath(path);
    const credentials = new VaultCredentials({
      path: trimSlashes(path),
      client: this.#client,
      token: this.#token,
      requests: this.#requests,
      clock: this.#clock,
      random: this.#random,
      closeTimeoutMs: this.#closeTimeoutMs * leaseShare,
      onClose: (closed) => this.#credentials.delete(closed),
    });
    this.#credentials.add(credentials);
    return credentials;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#closed = true;
    const ended = new AbortController();
    const cancel = this.#clock.after(this.#closeTimeoutMs, () => ended.abort(closedError("Vault")));
    try {
      await Promise.all([...this.#credentials].map((credentials) => credentials.close()));
      await this.#token.close(ended.signal);
    } finally {
      cancel();
      await this.#client.close();
    }
  }

  async #send(request: VaultRequest, options: VaultCallOptions): Promise<Json | undefined> {
    this.#use();
    const { signal, timeout } = options;
    return (await this.#requests.patiently({ ...request, signal, timeoutMs: this.#ms(timeout) })).body;
  }

  #ms(timeout: Duration | undefined): number {
    return timeout === undefined ? this.#timeoutMs : durationMs(timeout, "timeout");
  }

  #use(): void {
    if (this.#closed) throw closedError("Vault");
    this.#token.start();
  }
}
