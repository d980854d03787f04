import { oneCheck, skipped, sum } from "./tally.mjs";

const legs = ["mariadb", "consul", "vault-1.11.0", "vault-1.14.0"];

/** Finds, downloads or builds each server, with progress, so that no test has to wait for it. */
export async function getServers() {
  const { requireLeg } = await import("../packages/servers/dist/index.js");
  const tallies = [];
  for (const leg of legs) tallies.push(await getServer(leg, requireLeg));
  const reasons = tallies.flatMap(({ reason }) => reason ?? []);
  return { ...sum(tallies), ...(reasons.length > 0 && { reason: reasons.join("; ") }) };
}

async function getServer(leg, requireLeg) {
  try {
    const reason = await requireLeg(leg, { onProgress: (line) => console.log(line) });
    if (reason) return skipped(reason);
    console.log(`${leg} is there`);
    return oneCheck(true);
  } catch (error) {
    console.error(`${leg}: ${error.message}`);
    return oneCheck(false);
  }
}
