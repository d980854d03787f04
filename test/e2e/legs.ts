import type { DevClusterOptions } from "@minicluster/devcluster";
import { requireLeg } from "@minicluster/servers";

/** A combination of Vault's version, auth method and secrets engine that everything must work on. */
export interface Leg {
  name: string;
  vault: NonNullable<DevClusterOptions["vault"]> & { version: "1.11.0" | "1.14.0" };
}

/** The seed's combination: tests that need only one leg run on it. */
export const seedLeg: Leg = {
  name: "1.11.0 app-id mysql",
  vault: { version: "1.11.0", auth: "app-id", engine: "mysql" },
};

export const legs: readonly Leg[] = [
  seedLeg,
  { name: "1.11.0 approle database", vault: { version: "1.11.0", auth: "approle", engine: "database" } },
  { name: "1.14.0 approle database", vault: { version: "1.14.0", auth: "approle", engine: "database" } },
];

/** Why a leg can't run here, or undefined. Where the leg is required it is fetched, or this throws. */
export async function missing(leg: Leg): Promise<string | undefined> {
  for (const server of ["mariadb", "consul", `vault-${leg.vault.version}`] as const) {
    const reason = await requireLeg(server);
    if (reason) return reason;
  }
  return undefined;
}

/** How long loads run: a minute in the long form, 20 s otherwise. */
export const loadSeconds: number = process.env["MINICLUSTER_LONG"] ? 60 : 20;
