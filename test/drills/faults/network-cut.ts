import type { DevCluster } from "@minicluster/devcluster";
import { it } from "vitest";
import { type Drill, drill } from "../stage/drill.ts";
import { inFull } from "../stage/form.ts";
import type { World } from "../stage/world.ts";
import { FarNetwork, type Lost } from "./far-network.ts";
import { farPlace } from "./far-place.ts";
import { isInOwnNetwork, missingForOwnNetwork } from "./own-network.ts";
import { endWithRunner, runInOwnNetwork } from "./own-network-run.ts";

export interface NetworkCut extends Pick<Drill, "must" | "pool"> {
  /** The drill's file: `import.meta.url`. */
  file: string;
  /** Who can't be reached: "Vault". */
  server: string;
  ports: (cluster: DevCluster) => readonly number[];
  /** How long nothing gets through. */
  cutMs: number;
  /** How long after a cut calls may fail. Without it, none may fail at any time. */
  recoversMs?: number | undefined;
}

const ways: readonly { lost: Lost; what: (server: string) => string }[] = [
  { lost: "requests", what: (server) => `what services send to ${server} is lost` },
  { lost: "answers", what: (server) => `what ${server} answers is lost` },
  { lost: "both", what: (server) => `nothing gets through between services and ${server}` },
];

/**
 * A drill in which the network between the services and one server is cut three times: one way, the other, both. The
 * services are in a network of their own; so is the drill, which is run anew there.
 */
export async function networkCut(options: NetworkCut): Promise<void> {
  const { file, server, ports, cutMs, recoversMs, must, pool } = options;
  const name = `network-cut-${server.toLowerCase()}`;
  if (!(await isInOwnNetwork())) {
    const missing = await missingForOwnNetwork();
    it(`${name}, in a network of its own`, { timeout: 900_000 }, async ({ skip, expect }) => {
      if (missing) skip(missing);
      expect(await runInOwnNetwork({ project: "drills", file })).toBe(0);
    });
    return;
  }
  endWithRunner();
  let far: FarNetwork;
  drill({
    name,
    what: `the network between services and ${server} is cut, one way and both, without a sign`,
    place: async () => {
      far = await FarNetwork.start();
      return farPlace(far);
    },
    pool,
    must,
    run: async (world) => {
      for (const { lost, what } of ways) {
        await world.fault(what(server), () => far.cut({ ports: ports(world.cluster), lost }));
        await world.wait(cutMs);
        await world.mended("everything gets through", () => far.mend());
        const mendedAt = world.meter.now();
        await world.well();
        // The last one is looked at by what must hold.
        if (recoversMs !== undefined && lost !== ways.at(-1)?.lost) {
          await servesAgain({ world, mendedAt, recoversMs, lost });
        }
      }
    },
  });
}

/** Nothing that was called later than so long after the end of a cut failed. */
async function servesAgain(cut: { world: World; mendedAt: number; recoversMs: number; lost: Lost }): Promise<void> {
  const { world, mendedAt, recoversMs, lost } = cut;
  await world.wait(Math.max(0, mendedAt + recoversMs - world.meter.now()) + inFull(3_000, 1_500));
  const late = world.meter.failures.filter(({ at }) => at > mendedAt + recoversMs);
  const last = world.meter.failures.toSorted((a, b) => b.at - a.at)[0];
  world.check(
    `${lost} lost: no call fails later than ${recoversMs} ms after`,
    late.length === 0,
    last ? `the last after ${Math.round(last.at - mendedAt)} ms: ${last.kind} ${last.failure}` : "none failed",
  );
}
