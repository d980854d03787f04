import { type Clock, systemClock } from "@minicluster/core";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

const hourMs = 3_600_000;
let offsetMs = 0;

/** The machine's clock, as if it had been set. Monotonic time and timers don't know of that. */
const clock: Clock = {
  now: () => systemClock.now() + offsetMs,
  monotonic: () => systemClock.monotonic(),
  after: (ms, run) => systemClock.after(ms, run),
};

drill({
  name: "clock-jumps",
  what: "the clock of the pool's process jumps an hour forward, and back again, while an account is replaced",
  join: { clock },
  vault: { leaseTtl: "4s", maxTtl: "12s" },
  must: {},
  async run(world) {
    const { events } = world.pool;
    // At a swap, when borrowers of the old account have yet to finish.
    await events.once("generation.retired");
    await world.fault("the clock jumps an hour forward", async () => {
      offsetMs = hourMs;
    });
    await events.once("generation.retired");
    await world.mended("the clock jumps back", async () => {
      offsetMs = 0;
    });
    await world.wait(inFull(8_000, 2_000));
  },
});
