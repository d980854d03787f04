/** An account or a lease, and when it was made: milliseconds since 1970, by the clock of its own server. */
export interface Made {
  name: string;
  at: number;
}

export interface Partners {
  /** Accounts that no lease belongs to. */
  accounts: readonly Made[];
  /** Leases that no account belongs to. */
  leases: readonly Made[];
}

/** Vault stores a lease right after it made the account; a busy storage takes a moment. */
const togetherMs = 5_000;

/**
 * Which accounts and leases have no partner. A lease doesn't tell its account, so they are paired by the moment they were
 * made, the closest first.
 *
 * @param skewMs how far the accounts' clock is ahead of the leases'
 */
export function withoutPartner(all: { accounts: readonly Made[]; leases: readonly Made[] }, skewMs = 0): Partners {
  const accounts = [...all.accounts].sort((a, b) => a.at - b.at);
  const leases = [...all.leases].sort((a, b) => a.at - b.at);
  const pairs: { account: Made; lease: Made; apart: number }[] = [];
  let from = 0;
  for (const account of accounts) {
    const at = account.at - skewMs;
    while ((leases[from]?.at ?? Number.POSITIVE_INFINITY) < at - togetherMs) from += 1;
    for (let index = from; ; index += 1) {
      const lease = leases[index];
      if (!lease || lease.at > at + togetherMs) break;
      pairs.push({ account, lease, apart: Math.abs(lease.at - at) });
    }
  }
  const paired = new Set<Made>();
  for (const { account, lease } of pairs.sort((a, b) => a.apart - b.apart)) {
    if (!paired.has(account) && !paired.has(lease)) paired.add(account).add(lease);
  }
  return {
    accounts: accounts.filter((each) => !paired.has(each)),
    leases: leases.filter((each) => !paired.has(each)),
  };
}
