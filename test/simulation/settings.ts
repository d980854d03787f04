/** What a simulated cluster is set to. Times are seconds. */
export interface Settings {
  /** The secrets engine of the rotating pool. */
  engine: "mysql" | "database";
  lease: Lives;
  token: Lives;
  /** How often Vault changes the password of the static role. */
  staticPeriod: number;
}

export interface Lives {
  ttl: number;
  max: number;
}

/** What lives may be set to, in seconds. */
export const possibleLives: readonly Lives[] = [
  { ttl: 3_600, max: 86_400 },
  { ttl: 3_600, max: 14_400 },
  { ttl: 1_800, max: 43_200 },
  { ttl: 14_400, max: 28_800 },
  { ttl: 28_800, max: 28_800 },
  { ttl: 900, max: 7_200 },
  { ttl: 300, max: 1_200 },
];
