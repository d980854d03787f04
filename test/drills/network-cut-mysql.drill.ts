import { networkCut } from "./faults/network-cut.ts";
import { inFull } from "./stage/form.ts";
import { mysqlAway, promptPool } from "./stage/mysql-away.ts";

await networkCut({
  file: import.meta.url,
  server: "MySQL",
  ports: ({ mysql }) => [mysql.port],
  cutMs: inFull(10_000, 4_000),
  recoversMs: 2_000,
  pool: promptPool,
  must: { ...mysqlAway, connectionsInASecond: 120 },
});
