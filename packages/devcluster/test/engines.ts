import { type Leg, requireLeg } from "@minicluster/servers";
import type { ServerEngine } from "../src/index.ts";

/** Those that a test of the cluster itself runs on. */
export const engines: readonly ServerEngine[] = ["embedded", "real"];

const needed: Readonly<Record<ServerEngine, readonly Leg[]>> = {
  embedded: ["mariadb"],
  real: ["mariadb", "consul", "vault-1.11.0"],
};

/** Why an engine can't run here, or undefined. */
export async function missing(engine: ServerEngine): Promise<string | undefined> {
  for (const leg of needed[engine]) {
    const reason = await requireLeg(leg);
    if (reason) return reason;
  }
  return undefined;
}
