import type { Clock, Grant } from "@minicluster/core";
import { account, leaseGrant } from "./answer.ts";
import type { AuthorizedRequests } from "./authorized.ts";
import { VaultError } from "./error.ts";
import type { IssueLimit } from "./issue-limit.ts";
import type { Lease, LeaseIssuer } from "./lease.ts";
import type { TokenKeeper } from "./token-keeper.ts";

export interface DynamicRoleOptions {
  path: string;
  clock: Clock;
  requests: AuthorizedRequests;
  token: TokenKeeper;
  limit: IssueLimit;
  /** Receives the id of a lease whose credentials were unusable. */
  discard: (leaseId: string) => void;
}

/** A renewal that grants less than this share of what was asked shows the max TTL. */
const shortShare = 0.9;

/** `database/creds/ROLE`, `mysql/creds/ROLE`: a new account each time, with a lease that is renewed up to its max TTL. */
export class DynamicRole implements LeaseIssuer {
  readonly #options: DynamicRoleOptions;

  constructor(options: DynamicRoleOptions) {
    this.#options = options;
  }

  /** The request is not aborted by `signal`: an account that is made must be known, to be revoked. */
  async issue(context: { signal: AbortSignal }): Promise<Grant<Lease>> {
    const { path, clock, requests, token, limit } = this.#options;
    await token.ready({ signal: context.signal });
    const giveBack = limit.take(token.maxLifeMs);
    const phase = `issuing ${path}`;
    const issuedAtMs = clock.monotonic();
    try {
      const request = { method: "GET", path, purpose: "credentials", issues: true, phase } as const;
      const { body, hold, after } = await requests.once(request);
      const { leaseId, lifeMs, renewable, data } = leaseGrant(body, phase);
      if (!renewable) limit.learn(lifeMs);
      const credentials = Object.freeze({ id: leaseId, ...this.#account(leaseId, data, phase) });
      hold.leases.add(leaseId);
      return { value: { credentials, hold, issuedAtMs }, lifeMs, renewable, deadline: after(lifeMs) };
    } catch (error) {
      if (error instanceof VaultError && !error.mayHaveIssued) giveBack();
      throw error;
    }
  }

  async renew(context: { held: Lease; askedMs: number; signal: AbortSignal }): Promise<Grant<Lease>> {
    const { path, clock, requests, limit } = this.#options;
    const { held, askedMs, signal } = context;
    const phase = `renewing a lease of ${path}`;
    const body = { lease_id: held.credentials.id, increment: Math.max(1, Math.ceil(askedMs / 1_000)) };
    const request = { method: "POST", path: "sys/leases/renew", body, purpose: "lease", issues: false, phase } as const;
    const answer = await requests.once({ ...request, signal });
    const { lifeMs, renewable } = leaseGrant(answer.body, phase);
    if (lifeMs < askedMs * shortShare) limit.learn(clock.monotonic() - held.issuedAtMs + lifeMs);
    return { value: held, lifeMs, renewable, deadline: answer.after(lifeMs) };
  }

  #account(leaseId: string, data: Record<string, unknown>, phase: string): ReturnType<typeof account> {
    try {
      return account(data, phase);
    } catch (error) {
      this.#options.discard(leaseId);
      throw error;
    }
  }
}
