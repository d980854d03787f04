import { type Clock, type Freshness, type Grant, type Held, kindOf, Renewer, retry } from "@minicluster/core";
import { type TokenGrant, tokenGrant } from "./answer.ts";
import type { AuthMethod } from "./auth-method.ts";
import type { VaultClient } from "./client.ts";
import { closedError } from "./error.ts";
import { orRefused } from "./or-refused.ts";
import { TokenHold } from "./token-hold.ts";

export interface TokenKeeperOptions {
  client: VaultClient;
  auth: AuthMethod;
  clock: Clock;
  random?: (() => number) | undefined;
}

/** A renewal that grants less than this share of what was asked shows the max TTL. */
const shortShare = 0.9;

/**
 * Logs in and keeps the token alive. When its max TTL is near it logs in anew before the old token dies; the old one is
 * revoked once every lease made under it has been released.
 */
export class TokenKeeper {
  readonly #options: TokenKeeperOptions;
  readonly #renewer: Renewer<TokenHold>;
  readonly #superseded = new Set<TokenHold>();
  readonly #revoking = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  /** Ends a login and what is revoked: not at close, which waits for a token on its way in, to revoke it, or out. */
  readonly #abandon = new AbortController();
  #login: Promise<unknown> | undefined;
  #issuedAt = 0;
  #maxLifeMs: number | undefined;

  constructor(options: TokenKeeperOptions) {
    this.#options = options;
    const { client, clock, auth, random } = options;
    this.#renewer = new Renewer({
      name: auth.name,
      clock,
      random,
      rotate: ({ previous }) => this.#loggingIn(previous),
      renew: ({ held, askedMs, signal }) => this.#renew(held, askedMs, signal),
      discard: (hold) => void this.#superseded.add(hold),
    });
    const { events } = client;
    this.#renewer.events.on("renewed", ({ held }) => {
      held.value.deadline = held.deadline;
      events.emit("token.renewed", { accessor: held.value.accessor, lifeMs: held.deadline.remainingMs });
    });
    this.#renewer.events.on("rotated", (event) => this.#rotated(event));
    this.#renewer.events.on("expired", ({ held }) => events.emit("token.expired", { accessor: held.value.accessor }));
    this.#renewer.events.on("failed", (event) => events.emit("token.failed", event));
  }

  get current(): TokenHold | undefined {
    return this.#renewer.held?.value;
  }

  get state(): Freshness {
    return this.#renewer.state;
  }

  get lastError(): unknown {
    return this.#renewer.lastError;
  }

  get repeatable(): boolean {
    return this.#options.auth.repeatable;
  }

  get name(): string {
    return this.#options.auth.name;
  }

  /** The longest life a token was seen to have, once a renewal was cut short; `Infinity` before. */
  get maxLifeMs(): number {
    return this.#maxLifeMs ?? Number.POSITIVE_INFINITY;
  }

  start(): void {
    if (!this.#closing.signal.aborted) this.#renewer.start();
  }

  /** The token as soon as there is one. @throws what the login was refused with; the signal's reason; `VAULT_CLOSED` */
  async ready(options: { signal?: AbortSignal | undefined } = {}): Promise<TokenHold> {
    const rejected = this.current;
    if (rejected && !rejected.deadline.passed && !this.#closing.signal.aborted) return rejected;
    const refused = this.lastError;
    if (refused !== undefined && kindOf(refused) !== "unreachable") throw refused;
    return await this.#orRefused(options.signal, (signal) =>
      rejected ? this.#renewer.rotate({ reason: "expired", rejected, signal }) : this.#renewer.ready({ signal }),
    );
  }

  /** Another token than `rejected`; calls share one login. @throws as `ready` does */
  async logInAnew(options: { rejected: TokenHold; signal?: AbortSignal | undefined }): Promise<TokenHold> {
    const { rejected, signal } = options;
    return await this.#orRefused(signal, (until) =>
      this.#renewer.rotate({ reason: "denied", rejected, signal: until }),
    );
  }

  /** Called for every new token after the first. */
  onRotated(listener: () => void): () => void {
    return this.#renewer.events.on("rotated", ({ held, previous }) => {
      if (previous?.value !== held.value) listener();
    });
  }

  /** The last lease of a superseded token went: the token may go too. */
  settle(hold: TokenHold): void {
    if (!hold.superseded || hold.leases.size > 0 || !this.#superseded.delete(hold)) return;
    this.#revoke(hold);
  }

  /** Revokes what it logged in for. @param signal bounds it */
  async close(signal: AbortSignal): Promise<void> {
    if (!this.#closing.signal.aborted) this.#closing.abort(closedError(this.name));
    const abandon = (): void => this.#abandon.abort(signal.reason);
    // A login that has nowhere to go makes no token that would need revoking.
    if (signal.aborted || this.#options.client.addresses.length === 0) abandon();
    else signal.addEventListener("abort", abandon, { once: true });
    await this.#renewer.close();
    await this.#login;
    // The loop hands over what came late in a turn of its own.
    await Promise.resolve();
    const { current } = this;
    if (current) this.#superseded.add(current);
    for (const hold of this.#superseded) this.#revoke(hold, signal);
    this.#superseded.clear();
    await Promise.all(this.#revoking);
  }

  #loggingIn(previous: TokenHold | undefined): Promise<Grant<TokenHold>> {
    const login = this.#logIn(previous);
    this.#login = login.catch(() => {});
    return login;
  }

  async #logIn(previous: TokenHold | undefined): Promise<Grant<TokenHold>> {
    const { auth, client, clock } = this.#options;
    const grant = await auth.logIn(client, { signal: this.#abandon.signal });
    this.#issuedAt = clock.monotonic();
    if (!grant.renewable && grant.lifeMs < Number.POSITIVE_INFINITY) this.#maxLifeMs = grant.lifeMs;
    const { token, accessor, lifeMs, renewable } = grant;
    const same = previous?.token.equals(token) ? previous : undefined;
    return { value: same ?? new TokenHold({ token, accessor, clock, lifeMs }), lifeMs, renewable };
  }

  async #renew(hold: TokenHold, askedMs: number, signal: AbortSignal): Promise<Grant<TokenHold>> {
    const { client, clock } = this.#options;
    const phase = "renewing the token";
    const body = { increment: `${Math.max(1, Math.ceil(askedMs / 1_000))}s` };
    const request = {
      method: "POST",
      path: "auth/token/renew-self",
      body,
      token: hold.token,
      issues: false,
      phase,
    } as const;
    const { lifeMs, renewable }: TokenGrant = tokenGrant(await client.request({ ...request, signal }), phase);
    if (lifeMs < askedMs * shortShare) this.#maxLifeMs = clock.monotonic() - this.#issuedAt + lifeMs;
    return { value: hold, lifeMs, renewable };
  }

  #rotated(event: { held: Held<TokenHold>; previous: Held<TokenHold> | undefined; reason: string }): void {
    const { held, previous, reason } = event;
    const hold = held.value;
    hold.deadline = held.deadline;
    if (previous && previous.value === hold) return;
    const { accessor } = hold;
    const lifeMs = held.deadline.remainingMs;
    const old = previous?.value;
    this.#options.client.events.emit("token.rotated", { accessor, previous: old?.accessor, lifeMs, reason });
    if (!old) return;
    old.superseded = true;
    this.#superseded.add(old);
    this.settle(old);
  }

  /** In the background, until it worked, the token's own end, or the signal. */
  #revoke(hold: TokenHold, signal?: AbortSignal): void {
    if (!this.repeatable) return;
    const { client, clock, random } = this.#options;
    const { token, accessor } = hold;
    const until = signal ?? this.#abandon.signal;
    const request = {
      method: "POST",
      path: "auth/token/revoke-self",
      token,
      issues: false,
      phase: "revoking a token",
    } as const;
    const revoking = retry(
      {
        clock,
        ...(random && { random }),
        signal: until,
        capMs: 5_000,
        retryable: (error) => kindOf(error) === "unreachable" && !hold.deadline.passed,
      },
      () => client.request({ ...request, signal: until }),
    )
      .then(() => client.events.emit("token.revoked", { accessor }))
      // Refused: it is dead already. Unreachable or aborted: it runs out.
      .catch(() => {})
      .finally(() => this.#revoking.delete(revoking));
    this.#revoking.add(revoking);
  }

  async #orRefused(
    signal: AbortSignal | undefined,
    wait: (signal: AbortSignal) => Promise<Held<TokenHold>>,
  ): Promise<TokenHold> {
    const closing = this.#closing.signal;
    closing.throwIfAborted();
    return await orRefused({ renewer: this.#renewer, name: this.name, signals: [closing, signal] }, wait);
  }
}
