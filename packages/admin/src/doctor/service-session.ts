import type { Secret } from "@minicluster/core";
import { type VaultClient, VaultError } from "@minicluster/vault";

/** Credentials that were issued for `doctor`. */
export interface IssuedAccount {
  /** Undefined for a static role. */
  leaseId: string | undefined;
  username: string;
  password: Secret;
}

/**
 * The token and the credentials that `doctor` has while it looks. What it got is given back at the end, whatever
 * happens; nothing that Vault issues here is cut off by an abort, or nobody could give it back.
 */
export class ServiceSession {
  readonly client: VaultClient;
  readonly #token: Secret;
  /** A token from elsewhere is not ours to revoke. */
  readonly #borrowed: boolean;
  readonly #leases: string[] = [];

  constructor(options: { client: VaultClient; token: Secret; borrowed: boolean }) {
    this.client = options.client;
    this.#token = options.token;
    this.#borrowed = options.borrowed;
    this.client.token = options.token;
  }

  /** Credentials of this path. @throws VaultError */
  async issue(path: string): Promise<Record<string, unknown>> {
    const body = (await this.client.request({ method: "GET", path, issues: true })) ?? {};
    const leaseId = body["lease_id"];
    if (typeof leaseId === "string" && leaseId !== "") this.#leases.push(leaseId);
    return body;
  }

  /** Gives everything back. Resolves to the leases that could not be, and why. Never rejects. */
  async end(): Promise<{ leaseId: string; reason: string }[]> {
    const kept: { leaseId: string; reason: string }[] = [];
    for (const leaseId of this.#leases) {
      const reason = await this.#attempt(`sys/leases/revoke/${leaseId}`);
      if (reason !== undefined) kept.push({ leaseId, reason });
    }
    if (this.#borrowed) return kept;
    // A token takes its leases with it.
    return (await this.#attempt("auth/token/revoke-self")) === undefined ? [] : kept;
  }

  /** Why it failed. */
  async #attempt(path: string): Promise<string | undefined> {
    try {
      await this.client.request({ method: "POST", path, body: {}, token: this.#token, issues: false });
      return undefined;
    } catch (error) {
      return error instanceof VaultError ? error.message : String(error);
    }
  }
}
