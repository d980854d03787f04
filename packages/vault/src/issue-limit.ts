import type { Clock } from "@minicluster/core";
import { VaultError } from "./error.ts";

/** How many credentials may be made within one window. */
const perWindow = 3;
const longestWindowMs = 60_000;
/** A max TTL shorter than this is taken for it: no answer of a peer may open the gate. */
const shortestWindowMs = 1_000;

/** At most three new credentials a minute, or three for each max TTL where that is shorter. */
export class IssueLimit {
  readonly #clock: Clock;
  readonly #path: string;
  #taken: number[] = [];
  #windowMs = longestWindowMs;

  constructor(options: { clock: Clock; path: string }) {
    this.#clock = options.clock;
    this.#path = options.path;
  }

  /** A max TTL that was seen. */
  learn(maxTtlMs: number): void {
    this.#windowMs = Math.min(longestWindowMs, Math.max(shortestWindowMs, maxTtlMs));
  }

  /**
   * Takes one; the returned function gives it back, for a request that surely made nothing.
   *
   * @param lifeMs the longest life that credentials can have for another reason: their token's
   * @throws VaultError `VAULT_ISSUE_LIMIT` with `retryAfterMs`
   */
  take(lifeMs: number = Number.POSITIVE_INFINITY): () => void {
    const windowMs = Math.min(this.#windowMs, Math.max(shortestWindowMs, lifeMs));
    const now = this.#clock.monotonic();
    this.#taken = this.#taken.filter((at) => at > now - longestWindowMs);
    const recent = this.#taken.filter((at) => at > now - windowMs);
    if (recent.length >= perWindow) throw this.#reached(windowMs, Math.max(1, (recent[0] ?? now) + windowMs - now));
    this.#taken.push(now);
    return () => {
      const at = this.#taken.lastIndexOf(now);
      if (at >= 0) this.#taken.splice(at, 1);
    };
  }

  #reached(windowMs: number, retryAfterMs: number): VaultError {
    return new VaultError({
      code: "VAULT_ISSUE_LIMIT",
      kind: "unreachable",
      message: `${this.#path}: ${perWindow} credentials were asked for within ${Math.round(windowMs)} ms; the next may be in ${Math.round(retryAfterMs)} ms. Does MySQL refuse what Vault issues?`,
      path: this.#path,
      retryAfterMs,
    });
  }
}
