import { vaultAccounts } from "../e2e/leftovers.ts";
import { endSessions, onEach } from "./faults/accounts.ts";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

const role = "mysql/roles/todo";

drill({
  name: "accounts-refused",
  what: "an operator's mistake: MySQL refuses every account that Vault makes, and the old ones too",
  // Once it is mended, the next credentials wait for the bound: three were asked for within this minute.
  must: { fail: "while down", recoversMs: 65_000, healthyMs: 65_000 },
  // As a service with a promise to answer in time.
  pool: { acquireTimeout: "600ms" },
  async run(world) {
    const { cluster } = world;
    await using operator = await cluster.vault.operator();
    const { sql } = ((await operator.read(role)) as { data: { sql: string } }).data;
    const accounts = await vaultAccounts(cluster);
    await world.fault("new accounts are locked as they are made, and the old ones as well", async () => {
      await operator.write(role, { sql: `${sql}; ALTER USER '{{name}}'@'%' ACCOUNT LOCK` });
      await onEach(cluster, accounts, "ALTER USER {} ACCOUNT LOCK");
      await endSessions(cluster, accounts);
    });
    await world.wait(inFull(25_000, 8_000));
    const { status } = world.app.health();
    world.check("the pool is critical", status === "critical", status);
    await world.mended("new accounts are as they should be", () => operator.write(role, { sql }));
  },
});
