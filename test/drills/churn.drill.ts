import { isDeepStrictEqual } from "node:util";
import { Churn } from "./faults/churn.ts";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

const changesASecond = 10;
/** The watchers' memory grows by no more: their lists are about as long at the end as at the beginning. */
const growthMb = 2;

drill({
  name: "churn",
  what: "50 services with 500 instances, of which ten a second come, go, fail or recover",
  must: { healthyMs: 1_000 },
  async run(world) {
    const churn = new Churn(world.cluster.consul.agent, { services: 50, random: world.random });
    try {
      await churn.fill(500);
      await churn.watch();
      const right = async () => isDeepStrictEqual((await churn.seen()).seen, churn.expected()) || undefined;
      await world.until("every watch right", 10_000, right);
      await world.fault(`${changesASecond} changes a second`);
      const changes = inFull(600, 60);
      const began = performance.now();
      // The first of them fill what grows once: pools of connections, compiled code.
      const warm = changes / 6;
      let before = await churn.seen();
      for (let change = 0; change < changes; change += 1) {
        if (change === warm) before = await churn.seen();
        await world.wait(began + (change * 1_000) / changesASecond - performance.now());
        await churn.change();
      }
      await world.mended("no more changes");
      await world.until("every watch right again", 1_000, right);
      const after = await churn.seen();
      const told = after.changes - before.changes;
      world.check("the watches told of the changes", told >= (changes - warm) / 2, told);
      const grown = Math.round(((after.heapBytes - before.heapBytes) / 2 ** 20) * 100) / 100;
      world.check(`the watchers' memory grows by at most ${growthMb} MB`, grown <= growthMb, grown);
    } finally {
      await churn.close();
    }
  },
});
