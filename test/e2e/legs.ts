import type { DevClusterOptions, DevVaultOptions } from "@minicluster/devcluster";
import { requireLeg } from "@minicluster/servers";

/** Who plays Consul and Vault, and how: a combination that everything must work on. */
export interface Leg {
  name: string;
  engine: NonNullable<DevClusterOptions["engine"]>;
  vault: DevVaultOptions;
  /** How long it may take until another node leads when the leader was killed. */
  takeoverMs: number;
  /** The servers that it needs, by the names of `requireLeg`. */
  needs: readonly Parameters<typeof requireLeg>[0][];
}

/** Consul's session TTL of 15 s and its lock delay of 15 s, and what Vault needs to start as the leader. */
const realTakeoverMs = 60_000;

const real = (version: "1.11.0" | "1.14.0", vault: DevVaultOptions): Leg => ({
  name: `Vault ${version} ${vault.auth} ${vault.engine}`,
  engine: "real",
  vault: { ...vault, version },
  takeoverMs: realTakeoverMs,
  needs: ["mariadb", "consul", `vault-${version}`],
});

/** The takeover is shorter than a real one's 35 s, and longer than a lease of 5 s as the real one's is. */
const embedded = (vault: DevVaultOptions): Leg => ({
  name: `embedded Vault ${vault.auth} ${vault.engine}`,
  engine: "embedded",
  vault: { ...vault, takeover: "8s" },
  takeoverMs: 20_000,
  needs: ["mariadb"],
});

const seed = { auth: "app-id", engine: "mysql" } as const;
const successor = { auth: "approle", engine: "database" } as const;

/** The seed's combination, real and embedded: what tests run on that need no more than one. */
export const seedLegs: readonly Leg[] = [real("1.11.0", seed), embedded(seed)];

export const legs: readonly Leg[] = [
  ...seedLegs,
  real("1.11.0", successor),
  real("1.14.0", successor),
  embedded(successor),
];

/** What a cluster of a leg is started with. */
export function on({ engine, vault }: Leg, more: DevVaultOptions): DevClusterOptions {
  return { engine, vault: { ...vault, ...more } };
}

/** Why a leg can't run here, or undefined. Where the leg is required it is fetched, or this throws. */
export async function missing(leg: Leg): Promise<string | undefined> {
  for (const server of leg.needs) {
    const reason = await requireLeg(server);
    if (reason) return reason;
  }
  return undefined;
}

const long = Boolean(process.env["MINICLUSTER_LONG"]);

/** How long loads run: a minute in the long form, 20 s otherwise. */
export const loadSeconds: number = long ? 60 : 20;

/** Real servers where they can be had. */
const shortEngine = (await missing(real("1.11.0", seed))) ? "embedded" : "real";

/** What tests that take long run on: every leg in the long form, those of one engine in the short form. */
export function inForm(all: readonly Leg[]): readonly Leg[] {
  return long ? all : all.filter(({ engine }) => engine === shortEngine);
}
