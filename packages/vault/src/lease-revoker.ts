import { type Clock, kindOf, retry, type Secret } from "@minicluster/core";
import type { VaultClient } from "./client.ts";
import { VaultError } from "./error.ts";
import type { TokenKeeper } from "./token-keeper.ts";

export interface LeaseRevokerOptions {
  path: string;
  client: VaultClient;
  token: TokenKeeper;
  clock: Clock;
  random?: (() => number) | undefined;
  /** Called once, when Vault's policy does not allow it. */
  onDenied: (policy: string) => void;
}

/**
 * Revokes single leases by the URL form, which a policy can allow for one path. A refusal never leads to a login: the
 * lease then runs out by itself.
 */
export class LeaseRevoker {
  readonly #options: LeaseRevokerOptions;
  readonly #closing = new AbortController();
  readonly #background = new Set<Promise<unknown>>();
  #deniedSaid = false;

  constructor(options: LeaseRevokerOptions) {
    this.#options = options;
  }

  /**
   * Resolves after the first try; while Vault is away it goes on in the background until `remainingMs` says that the
   * lease has ended. Never rejects. `done` hears the outcome once.
   */
  async revoke(leaseId: string, remainingMs: () => number, done: (revoked: boolean) => void): Promise<void> {
    const { clock, random } = this.#options;
    let settle: () => void = () => {};
    const firstTry = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const retryable = (error: unknown): boolean => kindOf(error) === "unreachable" && remainingMs() > 0;
    const work = retry(
      {
        clock,
        ...(random && { random }),
        signal: this.#closing.signal,
        baseMs: 250,
        capMs: 5_000,
        retryable,
        onRetry: () => settle(),
      },
      () => this.#once(leaseId),
    )
      .then(
        () => done(true),
        (error: unknown) => done(error instanceof VaultError && error.code === "VAULT_LEASE_GONE"),
      )
      .finally(() => {
        this.#background.delete(work);
        settle();
      });
    this.#background.add(work);
    await firstTry;
  }

  /** Waits for what is under way. @param signal ends it */
  async close(signal: AbortSignal): Promise<void> {
    if (signal.aborted) this.#closing.abort(signal.reason);
    else signal.addEventListener("abort", () => this.#closing.abort(signal.reason), { once: true });
    await Promise.all(this.#background);
  }

  async #once(leaseId: string): Promise<void> {
    const { client, token, path } = this.#options;
    const hold = token.current;
    if (!hold) return;
    const phase = `revoking a lease of ${path}`;
    const request = { method: "PUT", path: `sys/leases/revoke/${leaseId}`, body: {}, purpose: "lease", phase } as const;
    try {
      await client.request({ ...request, issues: false, token: hold.token, signal: this.#closing.signal });
    } catch (error) {
      if (error instanceof VaultError && error.code === "VAULT_DENIED") await this.#judge(hold.token);
      throw error;
    }
  }

  /** Says which policy is missing, unless it is the token that is refused: then the next one may do it. */
  async #judge(token: Secret): Promise<void> {
    if (this.#deniedSaid) return;
    const { client } = this.#options;
    const request = { method: "GET", path: "auth/token/lookup-self", token, signal: this.#closing.signal } as const;
    try {
      await client.request(request);
    } catch (error) {
      const message = `the token is refused: ${error instanceof Error ? error.message : ""}`;
      throw new VaultError({ code: "VAULT_UNREACHABLE", kind: "unreachable", message });
    }
    this.#denied();
  }

  #denied(): void {
    if (this.#deniedSaid) return;
    this.#deniedSaid = true;
    this.#options.onDenied(`path "sys/leases/revoke/${this.#options.path}/*" { capabilities = ["update"] }`);
  }
}
