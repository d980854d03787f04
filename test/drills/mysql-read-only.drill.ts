import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";
import { promptPool } from "./stage/mysql-away.ts";

drill({
  name: "mysql-read-only",
  what: "MySQL turns read-only: it refuses to write rows, and to make accounts for Vault",
  pool: promptPool,
  must: {
    fail: "while down",
    failKinds: ["POST", "query", "transaction"],
    answersMs: 1_000,
    // The pool passes on what MySQL answers.
    codes: ["DATABASE_UNAVAILABLE", "ER_OPTION_PREVENTS_STATEMENT"],
    says: "degraded",
    // Each try at an account counts against the bound on issuing, so the next one may have to wait.
    healthyMs: 20_000,
    connectionsInASecond: 50,
  },
  async run(world) {
    await world.fault("MySQL is read-only", () => world.mysql.admin("SET GLOBAL read_only = 1"));
    await world.wait(inFull(10_000, 3_000));
    await world.mended("MySQL takes writes", () => world.mysql.admin("SET GLOBAL read_only = 0"));
  },
});
