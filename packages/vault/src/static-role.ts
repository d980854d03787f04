import { createHash } from "node:crypto";
import type { Clock, Grant } from "@minicluster/core";
import { account, asJson, badAnswer, isDuration } from "./answer.ts";
import type { AuthorizedRequests } from "./authorized.ts";
import { VaultError } from "./error.ts";
import type { Lease, LeaseIssuer } from "./lease.ts";

export interface StaticRoleOptions {
  path: string;
  clock: Clock;
  requests: AuthorizedRequests;
}

/**
 * The shortest life given to the loop, which asks again after about two thirds of it: near the end of a period, and
 * when Vault has reset the ttl but not yet the password (hashicorp/vault #31918), that is about once a second.
 */
const shortestLifeMs = 1_500;
/** How much longer a ttl must have become to say that a period ended. */
const resetMarginMs = 1_000;

/** `database/static-creds/ROLE`: one account whose password Vault changes. The password itself is what is followed. */
export class StaticRole implements LeaseIssuer {
  readonly #options: StaticRoleOptions;
  #lastTtlMs = Number.POSITIVE_INFINITY;
  /** The ttl was reset and the password was not: it is about to change. */
  #due = false;

  constructor(options: StaticRoleOptions) {
    this.#options = options;
  }

  async issue(context: { previous: Lease | undefined; rejected: boolean; signal: AbortSignal }): Promise<Grant<Lease>> {
    const { path, clock, requests } = this.#options;
    const { previous, rejected, signal } = context;
    const phase = `reading ${path}`;
    const { body } = await requests.once({ method: "GET", path, purpose: "credentials", issues: false, phase, signal });
    const data = asJson(body?.["data"]);
    const ttl = data?.["ttl"];
    if (!isDuration(ttl)) throw badAnswer(phase, "a ttl");
    const lifeMs = ttl * 1_000;
    const { username, password } = account(data, phase);
    const id = digest(path, `${username}\n${password.reveal()}`);
    const same = previous?.credentials.id === id;
    if (same && rejected) throw unchanged(path);
    if (!same) this.#due = false;
    else if (lifeMs > this.#lastTtlMs + resetMarginMs) this.#due = true;
    this.#lastTtlMs = lifeMs;
    const value = same && previous ? previous : this.#lease({ id, username, password }, clock);
    return { value, lifeMs: this.#due ? shortestLifeMs : Math.max(shortestLifeMs, lifeMs), renewable: false };
  }

  #lease(credentials: Lease["credentials"], clock: Clock): Lease {
    return { credentials: Object.freeze(credentials), hold: undefined, issuedAtMs: clock.monotonic() };
  }
}

/** `database/static-creds/ROLE` */
export function isStaticRole(path: string): boolean {
  return /(^|\/)static-creds\//.test(path);
}

/** Names an account and its password without telling the password: the full value is random, and only 64 bits are kept. */
function digest(path: string, account: string): string {
  return `${path}#${createHash("sha256").update(account).digest("hex").slice(0, 16)}`;
}

function unchanged(path: string): VaultError {
  return new VaultError({
    code: "VAULT_UNCHANGED",
    kind: "unreachable",
    message: `${path}: Vault still names the password that was refused; vault write -f .../rotate-role/ROLE makes a new one`,
    path,
  });
}
