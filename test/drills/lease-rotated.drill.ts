import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

drill({
  name: "lease-rotated",
  what: "leases reach their max TTL, and new credentials take their place",
  must: { p99: 1.5 },
  async run(world) {
    await world.fault("leases of 5 s that end for good after 20 s");
    await world.wait(inFull(45_000, 21_000));
    const rotated = world.timeline.marks.filter(({ text }) => text.includes("pool rotated"));
    world.check("the pool rotated", rotated.length >= 1, rotated.length);
  },
});
