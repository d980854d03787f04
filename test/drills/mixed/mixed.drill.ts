import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { doctor } from "@minicluster/admin";
import { drill } from "../stage/drill.ts";
import type { Outcome } from "../stage/outcome.ts";
import type { World } from "../stage/world.ts";
import { failures } from "./failures.ts";
import { Memory } from "./memory.ts";

const minutes = Number(process.env["MINICLUSTER_MIXED_MINUTES"] ?? "60");
/** Between two failures, so much and up to as much again. */
const quietMs = 10_000;
/** More than this, and memory grows. */
const grownShare = 1.15;

drill({
  name: "mixed",
  what: `${minutes} minutes of failures of every kind, one after the other`,
  limitMs: (minutes + 10) * 60_000,
  must: { orphans: Number.POSITIVE_INFINITY, healthyMs: 60_000 },
  async run(world) {
    const until = performance.now() + minutes * 60_000;
    const memory = new Memory(() => world.todos);
    const counts = new Map<string, number>();
    const heapBefore = heap();
    await world.fault("failures begin");
    for (let round = shuffled(world.random); performance.now() < until; round = rest(round, world.random)) {
      const failure = failures[round[0] ?? 0];
      if (!failure) break;
      counts.set(failure.name, (counts.get(failure.name) ?? 0) + 1);
      await world.fault(failure.name, () => failure.run(world));
      await world.well();
      await world.wait(quietMs * (1 + world.random()));
      const { length, failed } = world.meter.samples;
      const seconds = Math.round(world.meter.now() / 1_000);
      console.log(`  ${seconds} s: ${length} calls, ${failed.length} failed, after: ${failure.name}`);
    }
    await world.mended("failures end");
    await memory.end();
    for (const [name, count] of counts) world.check(name, true, count);
    const { firstMb, lastMb } = memory.growth;
    world.check("todo's memory is flat", lastMb <= firstMb * grownShare, `${firstMb} -> ${lastMb} MB`);
    const heapAfter = heap();
    world.check("the heap beside the pool is flat", heapAfter <= heapBefore * 2, `${heapBefore} -> ${heapAfter} MB`);
  },
  afterwards: listed,
});

/** Whatever account is left was made by a Vault that died before it stored the lease: `doctor` must list it. */
async function listed(world: World, { accounts }: Outcome["left"]): Promise<void> {
  const { cluster } = world;
  const { host, port, rootUser, rootPassword } = cluster.mysql;
  const env = {
    ...cluster.env("todo"),
    VAULT_TOKEN: cluster.vault.rootToken.reveal(),
    MYSQL_ADMIN_URL: `mysql://${rootUser}:${encodeURIComponent(rootPassword.reveal())}@${host}:${port}`,
  };
  const { findings } = await doctor({ env });
  const said = findings.map(({ what }) => what).join("\n");
  const missed = accounts.filter((account) => !said.includes(account));
  world.check("doctor lists every account that is left", missed.length === 0, `${accounts.length} left`);
}

/** The order of one round: each failure once. */
function shuffled(random: () => number): number[] {
  return failures
    .map((_, index) => ({ index, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ index }) => index);
}

function rest([_, ...left]: readonly number[], random: () => number): number[] {
  return left.length > 0 ? left : shuffled(random);
}

/** What is in use after a collection, in megabytes. */
function heap(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return Math.round(process.memoryUsage().heapUsed / 2 ** 20);
}
