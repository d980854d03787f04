import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";
import { mysqlAway, promptPool } from "./stage/mysql-away.ts";

drill({
  name: "mysql-frozen",
  what: "MySQL freezes: its connections stay open, and nothing is answered",
  pool: promptPool,
  must: { ...mysqlAway, connectionsInASecond: 120 },
  async run(world) {
    await world.fault("MySQL freezes", () => world.mysql.pause());
    await world.wait(inFull(10_000, 3_000));
    await world.mended("MySQL thaws", () => world.mysql.resume());
  },
});
