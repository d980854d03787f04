import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";
import { mysqlAway, promptPool } from "./stage/mysql-away.ts";

drill({
  name: "mysql-killed",
  what: "MySQL is killed, and started again",
  pool: promptPool,
  must: { ...mysqlAway, connectionsInASecond: 50 },
  async run(world) {
    await world.fault("MySQL is killed", () => world.mysql.kill());
    await world.wait(inFull(14_000, 3_000));
    await world.mended("MySQL answers again", () => world.mysql.restart());
  },
});
