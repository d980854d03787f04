import { type Clock, Deadline, Emitter, type Freshness, type Held, kindOf, Renewer, runOnce } from "@minicluster/core";
import type { AuthorizedRequests } from "./authorized.ts";
import type { VaultClient } from "./client.ts";
import { DynamicRole } from "./dynamic-role.ts";
import { closedError } from "./error.ts";
import { IssueLimit } from "./issue-limit.ts";
import { type Credentials, type Lease, type LeaseIssuer, type OpenLease, remainingMs } from "./lease.ts";
import type { LeaseEvents } from "./lease-events.ts";
import { LeaseRevoker } from "./lease-revoker.ts";
import { orRefused } from "./or-refused.ts";
import { isStaticRole, StaticRole } from "./static-role.ts";
import type { TokenKeeper } from "./token-keeper.ts";

export interface VaultCredentialsOptions {
  path: string;
  client: VaultClient;
  token: TokenKeeper;
  requests: AuthorizedRequests;
  clock: Clock;
  random?: (() => number) | undefined;
  closeTimeoutMs: number;
  onClose: (closed: VaultCredentials) => void;
}

/** How often Vault is asked at most for what it refuses, however many want it. */
const refusedMs = 1_000;

/**
 * The account of one role, kept alive: renewed, rotated before its max TTL, rotated when its token is replaced or when
 * the database refuses it. Made by `vault.credentials(path)`.
 *
 * @example
 * const source = vault.credentials("mysql/creds/todo");
 * const { username, password } = await source.ready({ signal });
 * source.onRotated(({ previous }) => previous && source.release(previous));
 */
export class VaultCredentials implements AsyncDisposable {
  readonly path: string;
  readonly events: Emitter<LeaseEvents> = new Emitter("vault");
  /** Ends the loop and revokes every lease that is left, within the close timeout. Any number of calls. */
  readonly close: () => Promise<void> = runOnce(() => this.#close());
  readonly #options: VaultCredentialsOptions;
  readonly #renewer: Renewer<Lease>;
  readonly #revoker: LeaseRevoker;
  readonly #issuer: LeaseIssuer;
  readonly #open = new Map<string, OpenLease>();
  readonly #issuing = new Set<Promise<unknown>>();
  readonly #offToken: () => void;
  #rejected: Credentials | undefined;
  /** For so long the last refusal is answer enough. */
  #refusedFor: Deadline;
  #closed = false;

  constructor(options: VaultCredentialsOptions) {
    this.#options = options;
    const { path, client, token, requests, clock, random } = options;
    this.path = path;
    const onDenied = (policy: string): void => this.#sayDenied(policy);
    this.#revoker = new LeaseRevoker({ path, client, token, clock, random, onDenied });
    const limit = new IssueLimit({ clock, path });
    const discard = (leaseId: string): void =>
      void this.#revoker.revoke(
        leaseId,
        () => 0,
        () => {},
      );
    this.#refusedFor = new Deadline(clock, 0);
    this.#issuer = isStaticRole(path)
      ? new StaticRole({ path, clock, requests })
      : new DynamicRole({ path, clock, requests, token, limit, discard });
    const renew = this.#issuer.renew?.bind(this.#issuer);
    this.#renewer = new Renewer<Lease>({
      name: path,
      clock,
      random,
      rotate: ({ previous, signal }) => this.#issue(previous, signal),
      ...(renew && { renew }),
      discard: (lease) => this.#discard(lease),
    });
    this.#offToken = token.onRotated(() => this.#tokenRotated());
    this.#forward();
    this.#renewer.start();
  }

  /** The last good credentials, perhaps past their lease. */
  get current(): Credentials | undefined {
    return this.#renewer.held?.value.credentials;
  }

  get state(): Freshness {
    const { current } = this;
    return current && this.remainingMs(current) <= 0 ? "expired" : this.#renewer.state;
  }

  /** Why the last try failed, until one succeeds. */
  get lastError(): unknown {
    return this.#renewer.lastError;
  }

  /** The credentials as soon as there are some. @throws what Vault refuses them with; `VAULT_CLOSED`; the signal's reason */
  async ready(options: { signal?: AbortSignal | undefined } = {}): Promise<Credentials> {
    const { current } = this;
    if (this.#closed) throw closedError(this.path);
    if (current) return current;
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    return await this.#next(options.signal, (signal) => this.#renewer.ready({ signal }));
  }

  /**
   * New credentials, now: no backoff is waited for, calls share one rotation, and while Vault is away it is asked at
   * least every second. Where Vault refuses it is asked again at most once a second; within that second the answer is
   * the last refusal. Credentials that have replaced `rejected` already are returned at once.
   *
   * @throws what Vault refuses them with; `VAULT_CLOSED`; the signal's reason
   */
  async rotate(options: {
    rejected: Credentials;
    reason: string;
    signal?: AbortSignal | undefined;
  }): Promise<Credentials> {
    const { rejected, reason } = options;
    if (this.#closed) throw closedError(this.path);
    const held = this.#renewer.held?.value;
    if (held && held.credentials.id !== rejected.id) return held.credentials;
    this.#rejected = rejected;
    const named = held ? { rejected: held } : {};
    const refusal = this.#refusal();
    if (refusal !== undefined && !this.#refusedFor.passed) throw refusal;
    return await this.#next(options.signal, async (signal) => {
      const rotated = this.#renewer.rotate({ reason, ...named, signal });
      if (refusal !== undefined) this.#renewer.nudge();
      return await rotated;
    });
  }

  onRotated(listener: (event: { current: Credentials; previous: Credentials | undefined }) => void): () => void {
    return this.events.on("lease.rotated", listener);
  }

  /**
   * Milliseconds until the account may be dropped: the end of its lease or of its token; negative when past or unknown.
   * Vault never drops the account of a static role, and open sessions outlive its password: `Infinity`.
   */
  remainingMs(credentials: Credentials): number {
    if (isStaticRole(this.path)) return Number.POSITIVE_INFINITY;
    const open = this.#open.get(credentials.id);
    return open ? remainingMs(open) : -1;
  }

  /** Nobody uses these any more: revokes the lease, in the background when Vault is away. Never rejects. */
  async release(credentials: Credentials): Promise<void> {
    const { id } = credentials;
    const open = this.#open.get(id);
    if (!open) return;
    this.#open.delete(id);
    const { hold } = open.lease;
    if (!hold) return;
    await this.#revoker.revoke(
      id,
      () => remainingMs(open),
      (revoked) => {
        hold.leases.delete(id);
        if (revoked) this.events.emit("lease.revoked", { path: this.path, id });
        this.#options.token.settle(hold);
      },
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#closed = true;
    const { clock, closeTimeoutMs } = this.#options;
    this.#offToken();
    const ended = new AbortController();
    const cancel = clock.after(closeTimeoutMs, () => ended.abort(closedError(this.path)));
    try {
      await this.#renewer.close();
      await Promise.race([Promise.allSettled(this.#issuing), rejected(ended.signal)]).catch(() => {});
      for (const { lease } of [...this.#open.values()]) void this.release(lease.credentials);
      await this.#revoker.close(ended.signal);
    } finally {
      cancel();
      this.#options.onClose(this);
    }
  }

  async #issue(previous: Lease | undefined, signal: AbortSignal): ReturnType<LeaseIssuer["issue"]> {
    const refused = previous !== undefined && previous.credentials.id === this.#rejected?.id;
    const issuing = this.#issuer.issue({ previous, rejected: refused, signal });
    this.#issuing.add(issuing);
    try {
      return await issuing;
    } finally {
      this.#issuing.delete(issuing);
    }
  }

  /** A lease that came after close(): it is open until it is revoked. */
  #discard(lease: Lease): void {
    const { credentials, hold } = lease;
    if (!hold) return;
    void this.#revoker.revoke(
      credentials.id,
      () => 0,
      () => hold.leases.delete(credentials.id),
    );
  }

  /** The old token takes its leases with it. A static role has none, and needs only to hear that somebody can log in. */
  #tokenRotated(): void {
    const held = this.#renewer.held?.value;
    if (held?.hold) void this.#renewer.rotate({ reason: "token", rejected: held }).catch(() => {});
    else this.#renewer.nudge();
  }

  #forward(): void {
    const { path, events } = this;
    this.#renewer.events.on("renewed", ({ held }) => this.#prolonged(held));
    this.#renewer.events.on("rotated", ({ held, previous, reason }) => {
      const current = held.value.credentials;
      const old = previous?.value;
      if (old === held.value) return this.#prolonged(held);
      this.#rejected = undefined;
      this.#sweep();
      this.#open.set(current.id, { lease: held.value, deadline: held.deadline });
      events.emit("lease.rotated", { path, current, previous: old?.credentials, reason });
      // Its token was replaced while it was on its way.
      if (held.value.hold?.superseded) this.#tokenRotated();
    });
    this.#renewer.events.on("expired", ({ held }) =>
      events.emit("lease.expired", { path, id: held.value.credentials.id }),
    );
    this.#renewer.events.on("failed", (event) => {
      this.#refusedFor = new Deadline(this.#options.clock, refusedMs);
      events.emit("lease.failed", { path, ...event });
    });
  }

  #prolonged(held: Held<Lease>): void {
    const { id } = held.value.credentials;
    const open = this.#open.get(id);
    if (open) open.deadline = held.deadline;
    this.events.emit("lease.renewed", { path: this.path, id, lifeMs: held.deadline.remainingMs });
  }

  /** Leases whose end has passed and that nobody released: they are gone, and hold no token back. */
  #sweep(): void {
    for (const [id, open] of this.#open) {
      if (remainingMs(open) > 0) continue;
      this.#open.delete(id);
      const { hold } = open.lease;
      if (!hold) continue;
      hold.leases.delete(id);
      this.#options.token.settle(hold);
    }
  }

  #sayDenied(policy: string): void {
    this.events.emit("lease.revoke.denied", { path: this.path, policy });
    process.emitWarning(
      `Vault does not let us revoke leases of ${this.path}; they run out instead. The policy lacks: ${policy}`,
      "MiniclusterWarning",
    );
  }

  async #next(
    signal: AbortSignal | undefined,
    wait: (signal: AbortSignal) => Promise<Held<Lease>>,
  ): Promise<Credentials> {
    const lease = await orRefused({ renewer: this.#renewer, name: this.path, signals: [signal] }, wait);
    return lease.credentials;
  }

  /** What the last try was refused with, if it was. */
  #refusal(): unknown {
    return kindOf(this.lastError) === "unreachable" ? undefined : this.lastError;
  }
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
