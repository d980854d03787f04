import { Crowd } from "./faults/crowd.ts";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";
import { awayCodes, promptPool } from "./stage/mysql-away.ts";

drill({
  name: "mysql-max-connections",
  what: "another client takes every connection that MySQL has, at last those of the services too",
  mysql: { "max-connections": 80 },
  // Rotations are due while there is no connection to be had.
  vault: { leaseTtl: "3s", maxTtl: "6s" },
  pool: promptPool,
  must: {
    fail: "while down",
    recoversMs: 2_000,
    answersMs: 1_000,
    codes: [...awayCodes, "MYSQL_FULL"],
    says: "critical",
    healthyMs: 3_000,
    connectionsInASecond: 60,
  },
  async run(world) {
    const crowd = await Crowd.come(world.mysql, (tried) => world.connections.leaveOut(tried));
    await world.fault("every free connection is taken", () => crowd.takeAll());
    await world.wait(inFull(10_000, 3_000));
    const { failures } = world.meter;
    world.check("no call fails on connections that are open", failures.length === 0, failures.length);
    await world.fault("those of the services are ended and taken", () => crowd.takeFromServices());
    await world.wait(inFull(6_000, 2_000));
    await world.mended(`${crowd.size} connections are given back`, async () => crowd.leave());
  },
});
