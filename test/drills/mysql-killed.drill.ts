import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";
import { awayCodes, promptPool } from "./stage/prompt-pool.ts";

drill({
  name: "mysql-killed",
  what: "MySQL is killed, and started again",
  pool: promptPool,
  must: {
    fail: "while down",
    recoversMs: 2_000,
    answersMs: 1_000,
    codes: awayCodes,
    says: "critical",
    healthyMs: 3_000,
    connectionsInASecond: 50,
  },
  async run(world) {
    await world.fault("MySQL is killed", () => world.mysql.kill());
    await world.wait(inFull(14_000, 3_000));
    await world.mended("MySQL answers again", () => world.mysql.restart());
  },
});
