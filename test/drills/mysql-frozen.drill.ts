import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";
import { awayCodes, promptPool } from "./stage/prompt-pool.ts";

drill({
  name: "mysql-frozen",
  what: "MySQL freezes: its connections stay open, and nothing is answered",
  pool: promptPool,
  must: {
    fail: "while down",
    recoversMs: 2_000,
    answersMs: 1_000,
    codes: awayCodes,
    says: "critical",
    healthyMs: 3_000,
    connectionsInASecond: 120,
  },
  async run(world) {
    await world.fault("MySQL freezes", () => world.mysql.pause());
    await world.wait(inFull(10_000, 3_000));
    await world.mended("MySQL thaws", () => world.mysql.resume());
  },
});
